/** `vqgan-clip models ls`: the models at hand. */
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import type { ModelFacts } from "./describe-model.js";

export function addModels(program: Command): void {
  program
    .command("models")
    .summary("the models at hand")
    .description("Models: which are at hand.")
    .command("ls")
    .description("Lists the bundled models and those in the folders given: name, kind, parameters, size, licence.")
    .argument("[folders...]", "folders of a pair, a VQGAN or a CLIP")
    .option("--json", "a JSON list (default: a table)")
    .action(list);
}

async function list(folders: readonly string[], { json = false }: { json?: boolean }): Promise<void> {
  const { describeFolder } = await import("./describe-model.js");
  const models: ModelFacts[] = [];
  for (const folder of [...(await bundled()), ...folders]) models.push(...(await describeFolder(folder)));
  if (json) {
    console.log(JSON.stringify(models, null, 2));
    return;
  }
  const rows = models.map(({ name, kind, parameters, bytes, licence = "not stated" }) => [
    name,
    kind,
    `${(parameters / 1e6).toFixed(1)} M`,
    `${(bytes / 2 ** 20).toFixed(1)} MiB`,
    licence,
  ]);
  console.log(table([["name", "kind", "parameters", "size", "licence"], ...rows]));
}

async function bundled(): Promise<string[]> {
  const { bundledModel } = await import("../vqgan-clip.js");
  const folder = dirname(bundledModel);
  const names = await readdir(folder).catch(() => []);
  return names.sort().map((name) => join(folder, name));
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] as readonly string[]).map((_, i) =>
    Math.max(...rows.map((row) => (row[i] as string).length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] as number))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
