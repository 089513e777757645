/** `vqgan-clip serve`: the studio's interface for programs, without its page. */
import type { Command } from "commander";
import { addServiceOptions, type ServiceFlags, serveUntilSignal } from "./service-command.js";

export function addServe(program: Command, finish: (code: number) => void): void {
  const command = program
    .command("serve")
    .description(
      "Serves sessions over HTTP (docs/service.md): what the studio's page uses, without the page. Prints the address, with the token in its fragment.",
    );
  addServiceOptions(command).action(async (flags: ServiceFlags) => {
    finish(await serveUntilSignal(flags, { hasPage: false }));
  });
}
