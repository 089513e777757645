/** Options of commands that run: the judge and the memory. */
import { type Command, InvalidArgumentError, Option } from "commander";

/** For commands that make one picture: who picks the result, and how much memory it may take. */
export function addRunOptions(command: Command): Command {
  return addMemoryOptions(
    command.option(
      "--judge-clip <dir>",
      "a second CLIP, a folder or a name that models pull got, that picks the result and has no part in the loss (default: none; the last picture)",
    ),
  );
}

/** For commands that write pictures and tell how they get on. */
export function addReportOptions(command: Command, whatIsSaid: string): Command {
  return command
    .addOption(
      new Option("--metadata <level>", `what ${whatIsSaid}: all, only that it is generated, or nothing`)
        .choices(["full", "public", "none"])
        .default("full"),
    )
    .option("--quiet", "no progress and no notes (default: a bar on a terminal, lines elsewhere)")
    .option("--json", "events on stdout as NDJSON (default: none)");
}

/** For all commands that run. */
export function addMemoryOptions(command: Command): Command {
  return command
    .option(
      "--max-memory <size>",
      "memory it may take, such as 4GB or 800MB: smaller micro-batches, then --low-memory, then --recompute on, until it fits (default: no limit)",
      bytesOf,
    )
    .option(
      "--low-memory",
      "weights stay in their files until they are used, memory is given back at once: less of it, slower (default: off)",
    );
}

function bytesOf(text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([MG])B?$/i.exec(text.trim()) ?? [];
  const bytes = Number(number) * (unit.toUpperCase() === "G" ? 1e9 : 1e6);
  if (!(bytes > 0)) throw new InvalidArgumentError("expected a size such as 4GB or 800MB");
  return bytes;
}
