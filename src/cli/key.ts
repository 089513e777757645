/** `vqgan-clip key`: a key for somebody who is to use `serve`. */
import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import { requires } from "../core/errors.js";
import { writeFileAtomically } from "../files/atomic-write.js";
import { readTextInput } from "../files/read-input.js";
import { Keys, newKey, type Scope } from "../service/keys.js";
import { type Priority, priorities } from "../service/priority.js";
import { wholeNumber } from "./options.js";
import { remark, tell } from "./terminal.js";

interface KeyFlags {
  readonly file: string;
  readonly scopes: readonly Scope[];
  readonly maxSessions?: number;
  readonly maxPriority?: Priority;
  readonly maxRuntime?: number;
  readonly maxStored?: number;
}

export function addKey(program: Command): void {
  program
    .command("key")
    .description("Draws a key, tells it once on stdout, and adds what it hashes to to a file, for serve --keys.")
    .argument("<name>", "whose it is")
    .option("--file <file>", "the file of keys", "vqgan-clip-keys.jsonl")
    .option("--scopes <list>", "what it may do: read, write, or both", (text) => text.split(","), ["read", "write"])
    .option("--max-sessions <n>", "sessions that run and wait at once (default: as many as serve allows)", (text) =>
      wholeNumber(text, 1, 1_000_000),
    )
    .addOption(
      new Option("--max-priority <p>", "the greatest priority of its sessions (default: normal)").choices(priorities),
    )
    .option(
      "--max-runtime <seconds>",
      "how long each of its sessions may run (default: as long as serve allows)",
      (text) => wholeNumber(text, 1, 1e8),
    )
    .option("--max-stored <MB>", "megabytes that its sessions may be (default: as many as serve allows)", (text) =>
      wholeNumber(text, 1, 1e9),
    )
    .action(addToFile);
}

async function addToFile(name: string, { file, ...facts }: KeyFlags): Promise<void> {
  const { secret, line } = newKey({ name, ...facts, scopes: [...facts.scopes] });
  const former = existsSync(file) ? (await readTextInput(file)).trimEnd() : "";
  requires(
    !Keys.parse(former, file).named(name),
    "BAD_ARGUMENT",
    () => `key: ${name} is there already, in ${file}`,
    "take its line out first, or name somebody else",
  );
  const text = `${former === "" ? "" : `${former}\n`}${line}\n`;
  await writeFileAtomically(file, Buffer.from(text));
  tell(secret);
  remark(`added to ${file}; the key is told this once`);
}
