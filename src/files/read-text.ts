/** Reading a text that somebody wrote: UTF-8, or UTF-16 with its mark. */
import { VqganClipError } from "../core/errors.js";
import { readInput } from "./read-input.js";

/** @throws BAD_FILE when it is no text in UTF-8 or UTF-16; what `readInput` throws */
export async function readText(path: string): Promise<string> {
  const bytes = await readInput(path);
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes); // without the mark
  } catch (cause) {
    throw new VqganClipError("BAD_FILE", `${path}: no text in ${encoding.toUpperCase()}`, "save it as UTF-8", {
      cause,
    });
  }
}
