/** One output of a cell that is replaced in place, by Deno's kernel. */
import { randomUUID } from "node:crypto";
import { requires } from "../core/errors.js";
import type { MimeBundle } from "./bundle.js";

/** The part of `Deno.jupyter` that is used. */
interface Jupyter {
  display(bundle: MimeBundle, options: { raw: true; update: boolean; display_id: string }): Promise<void>;
}

export class Output {
  private readonly id = randomUUID();
  private readonly jupyter: Jupyter;
  private isThere = false;

  /** @throws BAD_ARGUMENT where there is no notebook */
  constructor(where: string) {
    const jupyter = kernel();
    requires(
      jupyter,
      "BAD_ARGUMENT",
      () => `${where}: there is no notebook here to show anything in`,
      "use it in a notebook with Deno's kernel; in a script, loop over the run",
    );
    this.jupyter = jupyter;
  }

  /** Takes the place of what was there. */
  async put(bundle: MimeBundle): Promise<void> {
    const update = this.isThere;
    this.isThere = true;
    await this.jupyter.display(bundle, { raw: true, update, display_id: this.id });
  }
}

function kernel(): Jupyter | undefined {
  try {
    return (globalThis as { Deno?: { jupyter?: Jupyter } }).Deno?.jupyter;
  } catch {
    return undefined; // Deno without a notebook throws
  }
}
