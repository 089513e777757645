/** A notebook (nbformat 4) executed cell by cell, as `Run all` does. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Kernel, type MimeBundle, type Output } from "./kernel.js";

interface Cell {
  readonly cell_type: "code" | "markdown";
  readonly metadata: { readonly tags?: readonly string[] };
  readonly source: string | readonly string[];
  outputs?: Output[];
  execution_count?: number | null;
}

export interface Notebook {
  readonly cells: readonly Cell[];
  readonly metadata: object;
  readonly nbformat: number;
  readonly nbformat_minor: number;
}

export interface ExecuteOptions {
  /** A folder to work in: what it writes lies there. */
  readonly cwd: string;
  /** The built package that it imports. */
  readonly library: string;
  /** Code that takes the place of the cell with the tag `parameters` (default: its own). */
  readonly parameters?: string;
  /** Told of each bundle that a cell displays, by the cell's number. */
  readonly onDisplay?: (cell: number, data: MimeBundle) => void;
}

/** @returns the notebook with its outputs @throws what a cell throws, with the cell's code */
export async function executeNotebook(program: string, path: string, options: ExecuteOptions): Promise<Notebook> {
  const { cwd, library, parameters, onDisplay } = options;
  const notebook = JSON.parse(await readFile(path, "utf8")) as Notebook;
  const imports = {
    "vqgan-clip": join(library, "index.js"),
    "vqgan-clip/notebook": join(library, "notebook", "index.js"),
  };
  await writeFile(join(cwd, "deno.json"), JSON.stringify({ nodeModulesDir: "manual", imports }));
  const kernel = await Kernel.start(program, cwd);
  let count = 0;
  try {
    for (const [number, cell] of notebook.cells.entries()) {
      if (cell.cell_type !== "code") continue;
      const own = typeof cell.source === "string" ? cell.source : cell.source.join("");
      const code = cell.metadata.tags?.includes("parameters") ? (parameters ?? own) : own;
      cell.outputs = await kernel.execute(code, (data) => onDisplay?.(number, data));
      cell.execution_count = ++count;
      const error = cell.outputs.find((output) => output.output_type === "error");
      if (error) throw new Error(`${path}, cell ${number + 1}: ${error.ename}: ${error.evalue}\n${code}`);
    }
  } finally {
    await kernel.end();
  }
  return notebook;
}
