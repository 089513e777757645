/** What `studio` and `serve` have in common: options, the start, and the end by Ctrl-C. */
import { type Command, Option } from "commander";
import { readTextInput } from "../files/read-input.js";
import { exitCodes } from "./exit-codes.js";
import { addModelOptions, modelFrom, wholeNumber } from "./options.js";
import { pauseOnSignals } from "./pause-on-signals.js";
import { SERVICE_TOKEN, secretFrom } from "./secret.js";
import { remark, tell } from "./terminal.js";

export interface ServiceFlags extends Readonly<Record<string, unknown>> {
  readonly port?: number;
  readonly host?: string;
  readonly name?: readonly string[];
  readonly token?: string;
  readonly tokenFile?: string;
  readonly folder?: string;
  readonly keys?: string;
  readonly maxWaiting?: number;
  readonly maxWork?: number;
  readonly maxRate?: number;
  readonly maxRuntime?: number;
  readonly maxStored?: number;
  readonly policy?: string;
  readonly audit?: string;
  readonly redis?: string;
  readonly warm?: boolean;
}

export function addServiceOptions(command: Command): Command {
  command
    .option("--port <n>", "port to listen at (default: one that is free)", (text) => wholeNumber(text, 1, 65_535))
    .option("--folder <dir>", `where sessions are kept (default: ${DEFAULT_FOLDER})`)
    .option("--host <address>", "address to listen at (default: 127.0.0.1, this machine alone)")
    .option(
      "--name <host>",
      "what clients call it where that is not its address, several times for several: pictures.example.org behind a server with TLS, server:7700 in a network of containers (default: none)",
      (text: string, others: readonly string[] = []) => [...others, text],
    )
    .option(
      "--token-file <file>",
      `holds the token that whoever asks must send (default: ${SERVICE_TOKEN}, or drawn at each start)`,
    )
    .addOption(
      new Option(
        "--token <text>",
        "the token itself, which all who see this machine's processes can read (default: as for --token-file)",
      ).conflicts("tokenFile"),
    );
  return addModelOptions(command);
}

/** Variable with the address of Redis, which may hold a password. */
export const REDIS_VARIABLE = "VQGAN_CLIP_REDIS";

/** Where sessions are kept. */
export const DEFAULT_FOLDER = "vqgan-clip-studio";

export interface Service {
  readonly hasPage: boolean;
  /** Told the address once it answers. */
  readonly onStart?: (address: string) => Promise<void>;
}

/** Serves until it is asked to end. @returns the exit code */
export async function serveUntilSignal(flags: ServiceFlags, { hasPage, onStart }: Service): Promise<number> {
  const { folder = DEFAULT_FOLDER, host, port, name: names, maxWaiting, maxWork, redis, warm = hasPage } = flags;
  const { maxRate, maxRuntime, maxStored, audit } = flags;
  const keys = flags.keys === undefined ? undefined : await readTextInput(flags.keys);
  const policy = flags.policy === undefined ? undefined : await readTextInput(flags.policy);
  const secret = await secretOf(flags);
  const token = secret ?? flags.token;
  const { startServer } = await import("../service/server.js"); // the engine is loaded when it is needed
  const server = await startServer({
    folder,
    models: modelFrom(flags),
    page: hasPage,
    warm,
    onRemark: remark,
    limits: {
      ...(maxWaiting !== undefined && { maxWaiting }),
      ...(maxWork !== undefined && { maxWork }),
      ...(maxRuntime !== undefined && { maxRuntime }),
      ...(maxStored !== undefined && { maxStored }),
    },
    ...(keys !== undefined && { keys }),
    ...(maxRate !== undefined && { maxRate }),
    ...(policy !== undefined && { policy }),
    ...(audit !== undefined && { audit }),
    ...(redis !== undefined && { redis }),
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(names !== undefined && { names }),
    ...(token !== undefined && { token }),
  });
  for (const damaged of server.studio.damaged)
    remark(`warning: ${damaged}: its record cannot be read; it is left as it is`);
  const ended = new Promise<void>((done) => {
    pauseOnSignals(() => {
      remark("ends after the step that is being taken; Ctrl-C once more ends at once");
      done();
    });
  });
  tell(secret === undefined ? server.address : server.address.replace(/#.*/, "")); // logs are kept
  remark(`sessions are kept in ${folder}; Ctrl-C ends it, all of them are saved`);
  await onStart?.(server.address);
  await ended;
  await server.close();
  return exitCodes.ok;
}

/** The token, where it comes by a file or the environment. */
async function secretOf({ token, tokenFile }: ServiceFlags): Promise<string | undefined> {
  if (token !== undefined) return undefined;
  if (tokenFile === undefined && process.env[SERVICE_TOKEN] === undefined) return undefined;
  return secretFrom(SERVICE_TOKEN, "--token-file", tokenFile);
}
