/** The command line: commands, and one way for all of them to fail. */
import { Command, CommanderError } from "commander";
import { VqganClipError, withoutCall } from "../core/errors.js";
import { oneLine } from "../core/escape.js";
import { nearest } from "../core/nearest.js";
import { ownPackage } from "../core/own-files.js";
import { expandAliases } from "./aliases.js";
import { addCommands, commandAsked } from "./commands.js";
import { exitCodeHelp, exitCodeOf, exitCodes } from "./exit-codes.js";
import { remark } from "./terminal.js";

/**
 * `vqgan-clip args...` in this process.
 *
 * @returns the exit code
 */
export async function runCommandLine(asked: readonly string[]): Promise<number> {
  const args = versionMeant(asked);
  let code: number = exitCodes.ok;
  const finish = (result: number) => {
    code = result;
  };
  const program = new Command("vqgan-clip")
    .description("Pictures from words with VQGAN-CLIP, on this machine.")
    .version(ownPackage().version)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .showSuggestionAfterError(false)
    .addHelpText("after", `\n${exitCodeHelp}`);
  await addCommands(program, commandAsked(args), finish);
  if (args.length === 0) {
    program.outputHelp({ error: true });
    return exitCodes.badInput;
  }
  const [first, about] = args;
  if (first === "help" && about !== undefined && about !== "help" && commandAsked(args) === undefined) {
    complain(`unknown command '${about}'`, "see vqgan-clip --help");
    return exitCodes.badInput;
  }
  const mistyped = mistypedCommand(program, args);
  if (mistyped !== undefined) {
    complain(`unknown command '${args[0]}'`, `did you mean ${mistyped}? prompts come after generate`);
    return exitCodes.badInput;
  }
  try {
    await program.parseAsync(expandAliases(args), { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.ok;
      if (error.code === "commander.help") return exitCodes.badInput;
      complain(error.message.replace(/^error: /, ""), suggestion(error, program, args));
      return exitCodes.badInput;
    }
    const { message, hint } = explain(error);
    complain(message, hint);
    return exitCodeOf(error);
  }
}

/** One line: what is wrong, and what would work. */
function complain(message: string, hint: string | undefined): void {
  remark(`vqgan-clip: ${oneLine(message)}${hint ? ` (${oneLine(hint)})` : ""}`);
}

function explain(error: unknown): { message: string; hint?: string | undefined } {
  if (process.env.VQGAN_CLIP_DEBUG && error instanceof Error) remark(...(error.stack ?? "").split("\n"));
  if (error instanceof VqganClipError) return { message: withoutCall(error.message), hint: error.hint };
  const message = error instanceof Error ? error.message : String(error);
  return { message: `unexpected: ${message}`, hint: "set VQGAN_CLIP_DEBUG=1 for where it happened" };
}

/** The command that a first word stands near to, which is then no prompt. */
function mistypedCommand(program: Command, [first = ""]: readonly string[]): string | undefined {
  const names = program.commands.map((command) => command.name());
  if (!/^[a-z]+$/.test(first) || [...names, "help"].includes(first)) return undefined;
  return nearest(first, names, 1)[0];
}

/** The command or flag that was probably meant. */
function suggestion(error: CommanderError, program: Command, args: readonly string[]): string | undefined {
  const wrong = /'(.+?)'/.exec(error.message)?.[1];
  if (wrong === undefined) return undefined;
  const named = program.commands.find((candidate) => candidate.name() === args[0]);
  const command = named ?? program.commands.find((candidate) => candidate.name() === "generate");
  const names =
    error.code === "commander.unknownCommand"
      ? (command ?? program).commands.map((candidate) => candidate.name())
      : error.code === "commander.unknownOption"
        ? (command ?? program).options
            .flatMap(({ long, short }) => [long, short].filter((flag) => flag !== undefined))
            .concat("--help")
        : [];
  if (names.length === 0) return undefined;
  const [closest] = nearest(wrong.split("=")[0] as string, names, 1);
  return closest ? `did you mean ${closest}?` : `see vqgan-clip ${command ? `${command.name()} ` : ""}--help`;
}

/** `version` and `-v` alone ask for what `--version` tells. */
function versionMeant(args: readonly string[]): readonly string[] {
  return args.length === 1 && /^(version|-v)$/.test(args[0] as string) ? ["--version"] : args;
}
