/** Secrets: from the environment or a file, never on the command line, where every process could read them. */
import { requires } from "../core/errors.js";
import { decodeText } from "../core/text.js";
import { readInput } from "../files/read-input.js";

/** Variable with the token that `serve` and `studio` ask for and the bot sends. */
export const SERVICE_TOKEN = "VQGAN_CLIP_SERVICE_TOKEN";

/** @param name of the variable @throws BAD_ARGUMENT when there is none, IO_FAILED; no message holds the secret */
export async function secretFrom(name: string, flag: string, path: string | undefined): Promise<string> {
  const text = path === undefined ? process.env[name] : decodeText(await readInput(path), path);
  const secret = text?.trim() ?? "";
  requires(
    /^[\x21-\x7e]+$/.test(secret),
    "BAD_ARGUMENT",
    () => `${path ?? name}: it holds no token`,
    path === undefined ? `set ${name}, or name a file with ${flag}` : "one line of letters, digits and signs",
  );
  return secret;
}
