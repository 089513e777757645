/** `vqgan-clip studio`: the page to make pictures with, served by this machine to itself. */
import type { Command } from "commander";
import { addServiceOptions, type ServiceFlags, serveUntilSignal } from "./service-command.js";
import { remark } from "./terminal.js";

export function addStudio(program: Command, finish: (code: number) => void): void {
  const command = program
    .command("studio")
    .description(
      "Serves the studio on this machine and opens it in the browser. All that is made is kept in a folder, step by step; it goes on when the folder is served again.",
    )
    .option("--no-open", "do not open the browser (default: it is opened)");
  addServiceOptions(command).action(async (flags: ServiceFlags & { readonly open: boolean }) => {
    const onStart = (address: string) => opened(address);
    finish(await serveUntilSignal(flags, { hasPage: true, ...(flags.open && { onStart }) }));
  });
}

/** Milliseconds in which an opener says that there is nothing to open it with; later, a browser has ended. */
const SOON = 10_000;

/** Opens the address in the browser; where there is none, says so in a line. */
async function opened(address: string): Promise<void> {
  const { default: open } = await import("open");
  const began = performance.now();
  const complain = () => remark("note: no browser could be opened; open the address above");
  const child = await open(address).catch(complain);
  child?.once("error", complain);
  child?.once("exit", (code) => {
    if (code && performance.now() - began < SOON) complain();
  });
}
