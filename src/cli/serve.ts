/** `vqgan-clip serve`: the studio's interface for programs, without its page. */
import { type Command, Option } from "commander";
import { wholeNumber } from "./options.js";
import { addServiceOptions, REDIS_VARIABLE, type ServiceFlags, serveUntilSignal } from "./service-command.js";

export function addServe(program: Command, finish: (code: number) => void): void {
  const command = program
    .command("serve")
    .description(
      "Serves sessions over HTTP (docs/service.md): what the studio's page uses, without the page. Prints the address, with the token in its fragment.",
    );
  addServiceOptions(command)
    .addOption(
      new Option(
        "--redis <url>",
        "workers that share this Redis and the folder take the steps (default: this process; docs/scaling.md)",
      ).env(REDIS_VARIABLE),
    )
    .option("--warm", "load what clients ask to plan before they ask to make it (default: not before)")
    .option("--keys <file>", "keys of users, who see their own sessions alone (default: the token is the only one)")
    .option("--max-waiting <n>", "sessions that wait at once (default: 100)", (text) => wholeNumber(text, 1, 1e6))
    .option("--max-work <n>", "steps times megapixels times cutouts of a session (default: 3000000)", (text) =>
      wholeNumber(text, 1, 1e9),
    )
    .option("--max-rate <n>", "requests a minute of each key (default: any)", (text) => wholeNumber(text, 1, 1e6))
    .option(
      "--max-runtime <seconds>",
      "how long a session may run, then it rests until it is resumed with the token (default: as long as it likes)",
      (text) => wholeNumber(text, 1, 1e8),
    )
    .option(
      "--max-stored <MB>",
      "megabytes that the sessions of each key may be, the bin included (default: any)",
      (text) => wholeNumber(text, 1, 1e9),
    )
    .option("--policy <file>", "regular expressions, one a line, that no text of a request may match (default: none)")
    .option("--audit <file>", "gets a line for each request: when, which key, what, how answered (default: none)");
  command.action(async (flags: ServiceFlags) => {
    finish(await serveUntilSignal(flags, { hasPage: false }));
  });
}
