/** `vqgan-clip compat`: commands of other programs as ours. Nothing runs. */
import type { Command } from "commander";
import { VqganClipError } from "../core/errors.js";
import { aphantasia } from "./compat/aphantasia.js";
import { wordsOf } from "./compat/foreign-command.js";
import { nerdyrodent } from "./compat/nerdyrodent.js";
import { pixray } from "./compat/pixray.js";
import { pytti } from "./compat/pytti.js";
import type { ForeignProgram, Translation } from "./compat/translation.js";
import { commandLine } from "./run-to-files.js";
import { remark, tell, tellJson } from "./terminal.js";

const programs: readonly ForeignProgram[] = [nerdyrodent, pixray, aphantasia, pytti];

export function addCompat(program: Command): void {
  program
    .command("compat")
    .description(
      `Prints our command for one of ${programs.map(({ name }) => name).join(", ")}. What has no counterpart is told on stderr. Nothing runs.`,
    )
    .argument("<command...>", "the other program's command, quoted as one argument, or as it is behind --")
    .option("--quiet", "no notes (default: notes on stderr)")
    .option("--json", "one JSON object (default: the command)")
    .action(compat);
}

function compat(words: readonly string[], { quiet = false, json = false }: { quiet?: boolean; json?: boolean }): void {
  const { args, notes } = translated(words.length === 1 ? wordsOf(words[0] as string) : words);
  if (json) tellJson({ command: commandLine(args), args, notes });
  else tell(commandLine(args));
  if (!quiet && !json) for (const note of notes) remark(`note: ${note}`);
}

/** @throws BAD_ARGUMENT when it is no program's that is understood */
export function translated(words: readonly string[]): Translation {
  for (const program of programs) {
    const at = program.begins(words);
    if (at !== undefined) return program.translate(words.slice(at));
  }
  throw new VqganClipError(
    "BAD_ARGUMENT",
    `compat: "${words.slice(0, 3).join(" ")}" begins no command that is understood`,
    `those of ${programs.map(({ name }) => name).join(", ")} are`,
  );
}
