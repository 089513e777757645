/** Executes the notebooks of `examples/notebooks/` and writes their outputs into them. Run: npm run notebooks */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { executeNotebook } from "./execute.js";
import { denoProgram } from "./kernel.js";

const folder = fileURLToPath(new URL("../../examples/notebooks", import.meta.url));
const library = fileURLToPath(new URL("../../dist", import.meta.url));
const program = denoProgram();
if (program === undefined) throw new Error("the package `deno` is not installed: npm ci");
const wanted = process.argv.slice(2);
for (const name of (await readdir(folder)).filter((name) => name.endsWith(".ipynb"))) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const began = performance.now();
  const cwd = await mkdtemp(join(tmpdir(), "vqgan-clip-notebook-"));
  const notebook = await executeNotebook(program, join(folder, name), { cwd, library });
  await rm(cwd, { recursive: true });
  const text = `${JSON.stringify(notebook, undefined, 1)}\n`;
  await writeFile(join(folder, name), text);
  console.log(`${name}: ${((performance.now() - began) / 1000).toFixed(0)} s, ${Math.round(text.length / 1024)} KB`);
}
