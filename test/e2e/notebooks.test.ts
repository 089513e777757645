/** The notebooks of the package in Deno's real kernel, with tiny models and few steps: what they show is pictures, and they change. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unzipSync } from "fflate";
import { expect, test } from "vitest";
import { executeNotebook, type Notebook } from "../../tools/notebooks/execute.js";
import { denoProgram, type MimeBundle } from "../../tools/notebooks/kernel.js";
import { inEmptyFolder } from "../support/cli.js";
import { build } from "../support/cli-process.js";
import { fixturePath } from "../support/fixtures.js";

const program = denoProgram();
const folder = fileURLToPath(new URL("../../examples/notebooks", import.meta.url));
const models = { vqgan: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu"), threads: 1 };
const parameters = `const steps = 12; const models = ${JSON.stringify(models)};`;

// Deno's kernel, which is called unstable, has lost a message on a busy machine: once more then.
test.skipIf(program === undefined).each([
  { name: "first-picture", files: ["mushroom.png", "mushroom.vqclip", "grid.png", "grid-2-2.png"] },
  { name: "editing", files: ["mountain.png", "volcano.vqclip", "edit.png"] },
])(
  "$name: Deno's kernel shows pictures that change, and keeps them",
  { timeout: 240_000, retry: 1 },
  ({ name, files }) =>
    inEmptyFolder(async (cwd) => {
      const shown = new Map<number, MimeBundle[]>();
      const onDisplay = (cell: number, data: MimeBundle) => void shown.set(cell, [...(shown.get(cell) ?? []), data]);
      const { cells } = await executeNotebook(program as string, join(folder, `${name}.ipynb`), {
        cwd,
        library: build,
        parameters,
        onDisplay,
      });

      const showing = cells.flatMap((cell, number) => (String(cell.source).includes("await show(") ? [number] : []));
      for (const number of showing) {
        const pictures = (shown.get(number) as MimeBundle[]).map(pictureOf);
        expect(new Set(pictures).size, `cell ${number + 1}`).toBeGreaterThan(1);
        const [output, ...others] = (cells[number]?.outputs ?? []).filter(
          (each) => each.output_type === "display_data",
        );
        expect(others).toEqual([]); // in one place
        expect(pictureOf((output as { data: MimeBundle }).data)).toBe(pictures.at(-1));
      }
      const last = showing.map((number) => pictureOf(shown.get(number)?.at(-1) as MimeBundle));
      expect(new Set(last).size).toBe(showing.length);
      expect(cells.some(({ outputs }) => JSON.stringify(outputs ?? []).includes('"image/svg+xml"'))).toBe(true);
      expect(Object.keys(unzipSync(await readFile(join(cwd, `${name}.zip`))))).toEqual(expect.arrayContaining(files));
    }),
);

/** A picture's bytes as text. */
function pictureOf(bundle: MimeBundle): string {
  const picture = bundle["image/png"] ?? /data:image\/webp;base64,([^"]+)/.exec(bundle["text/html"] as string)?.[1];
  expect(String(picture)).toMatch(/^(iVBORw0KGgo|UklGR)/);
  return picture as string;
}

test.each(["first-picture", "editing"])("%s is committed with its outputs, and small", async (name) => {
  const text = await readFile(join(folder, `${name}.ipynb`), "utf8");
  expect(text.length).toBeLessThan(600 * 1024);
  const { cells } = JSON.parse(text) as Notebook;
  const code = cells.filter(({ cell_type }) => cell_type === "code");
  expect(code.map(({ execution_count }) => execution_count)).toEqual(code.map((_, i) => i + 1));
  const outputs = code.flatMap(({ outputs }) => outputs ?? []);
  expect(outputs.filter(({ output_type }) => output_type === "display_data").length).toBeGreaterThan(2);
  expect(outputs.filter(({ output_type }) => output_type === "error")).toEqual([]);
});
