/** `vqgan-clip models`: the models at hand, and published ones by name. */
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { VqganClipError } from "../core/errors.js";
import { isWeightIndex } from "../core/weight-names.js";
import {
  type CachedModel,
  didYouMean,
  findCached,
  listCached,
  publishedNamed,
  removeCached,
  requireCached,
  verifyFile,
} from "../hub/cached.js";
import { catalogue } from "../hub/catalogue.js";
import { hubSettings } from "../hub/environment.js";
import { mebibytes, type Progress, type PullPlan, pull } from "../hub/pull.js";
import type { ModelFacts } from "./describe-model.js";
import { redraw, remark, tell, tellJson } from "./terminal.js";

const variablesHelp = `
Downloads lie where Python's huggingface_hub keeps them, and each uses what the other has downloaded. Its variables work:
  HF_HUB_CACHE, HF_HOME   where (default: ~/.cache/huggingface/hub)
  HF_TOKEN                for models that want an account
  HF_ENDPOINT             another hub
  HF_HUB_OFFLINE=1        never ask the network`;

export function addModels(program: Command): void {
  const models = program
    .command("models")
    .description("Models: which are at hand, and published weights by name.")
    .addHelpText("after", variablesHelp);
  models
    .command("ls")
    .description("Lists the bundled models, those in the cache and those in the folders given.")
    .argument("[folders...]", "folders of a pair, a VQGAN or a CLIP")
    .option("--json", "a JSON list (default: a table)")
    .action(list);
  models
    .command("pull")
    .description("Downloads a published model, after saying its licence and size. Stopped, it goes on where it was.")
    .argument("[name]", "its name; org/name for any CLIP on the hub (default: list the names)")
    .option("-y, --yes", "do not ask (default: ask; without a terminal this is needed)")
    .option("--quiet", "no progress (default: a bar on a terminal, else a line a file)")
    .addHelpText("after", variablesHelp)
    .action(pullModel);
  models
    .command("verify")
    .description("Reads cached models again and compares each file with its checksum.")
    .argument("[name]", "one model (default: all in the cache)")
    .action(verify);
  models
    .command("remove")
    .description(
      "Removes a model from the cache, for Python's library too, half downloads and other revisions included.",
    )
    .argument("<name>", "the model")
    .action(remove);
}

async function list(folders: readonly string[], { json = false }: { json?: boolean }): Promise<void> {
  const { describeFolder } = await import("./describe-model.js");
  const models: (ModelFacts | Awaited<ReturnType<typeof describeCached>>)[] = [];
  for (const folder of await bundled()) models.push(...(await describeFolder(folder)));
  for (const model of await listCached(hubSettings())) models.push(await describeCached(model));
  for (const folder of folders) models.push(...(await describeFolder(folder)));
  if (json) {
    tellJson(models, 2);
    return;
  }
  const rows = models.map(({ name, kind, parameters, bytes, licence }) => [
    name,
    kind,
    parameters === null ? "?" : `${(parameters / 1e6).toFixed(1)} M`,
    `${(bytes / 2 ** 20).toFixed(1)} MiB`,
    licence,
  ]);
  tell(...table([["name", "kind", "parameters", "size", "licence"], ...rows]));
}

/** Weights are not hashed here, as those of folders are: they may be gigabytes, and `verify` does it. */
async function describeCached({ published, folder, files, bytes }: CachedModel) {
  const { countParameters, licenceBeside, NOT_STATED } = await import("./describe-model.js");
  const largest = files.reduce((found, file) => (file.bytes > found.bytes ? file : found));
  const weights = files.find((file) => isWeightIndex(file.name)) ?? largest;
  const { name, kind } = published;
  const licence = published.licence ?? (await licenceBeside(folder)) ?? NOT_STATED;
  const parameters = await countParameters(folder, weights.name).catch(() => null); // damaged: `verify` says so
  return { name, kind, parameters, bytes, licence, file: weights.name, folder };
}

async function bundled(): Promise<string[]> {
  const { bundledModel } = await import("../vqgan-clip.js");
  const folder = dirname(bundledModel);
  const names = await readdir(folder).catch(() => []);
  return names.sort().map((name) => join(folder, name));
}

async function pullModel(name: string | undefined, flags: { yes?: boolean; quiet?: boolean }): Promise<void> {
  const settings = hubSettings();
  if (name === undefined) {
    const rows: string[][] = [];
    for (const published of catalogue) {
      const { kind, bytes = 0, licence = "not stated" } = published;
      const state = (await findCached(settings, published)) ? "in the cache" : `about ${mebibytes(bytes)}`;
      rows.push([published.name, kind, state, licence]);
    }
    tell(...table([["name", "kind", "size", "licence"], ...rows]));
    return;
  }
  const published = publishedNamed(name);
  const likely = catalogue.includes(published) ? undefined : didYouMean(name);
  if (likely) remark(`note: ${published.name} is not in the list; ${likely}`);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once("SIGINT", onSignal);
  const meter = new Meter(flags.quiet ?? false);
  try {
    const model = await pull(settings, published, {
      signal: stop.signal,
      onProgress: (progress) => meter.show(progress),
      onNote: (line) => meter.say(line),
      confirm: (plan) => confirm(plan, flags.yes ?? false, stop.signal),
    });
    meter.clear();
    if (!model) throw new VqganClipError("ABORTED", "pull: nothing was downloaded");
    tell(model.folder);
  } finally {
    meter.clear();
    process.off("SIGINT", onSignal);
  }
}

async function confirm(plan: PullPlan, yes: boolean, signal: AbortSignal): Promise<boolean> {
  const { published, licence, source, files, missing, freeBytes, cacheDir } = plan;
  const unpinned = files.some(({ checked }) => checked === "none");
  const lines = [
    `${published.name}: ${published.about}`,
    `licence: ${licence ?? "not known here; read the model's page"}`,
    `source:  ${source}`,
    ...files.map(
      ({ name, size, missing: rest }) =>
        `  ${name}  ${size === undefined ? "" : mebibytes(size)}${rest === 0 ? " (there)" : ""}`,
    ),
    `size:    ${mebibytes(missing)} to download${freeBytes === undefined ? "" : `, ${mebibytes(freeBytes)} free`} at ${cacheDir}`,
    ...(unpinned ? ["note:    nobody states a checksum; the first download's is kept and required from then on"] : []),
  ];
  remark(...lines);
  if (yes) return true;
  if (!process.stdin.isTTY) {
    throw new VqganClipError("BAD_ARGUMENT", "pull: nobody is there to be asked", "add --yes to agree");
  }
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await ask.question("Download it? [y/N] ", { signal })).trim());
  } catch {
    return false; // Ctrl-C
  } finally {
    ask.close();
  }
}

async function verify(name: string | undefined): Promise<void> {
  const settings = hubSettings();
  const models =
    name === undefined ? await listCached(settings) : [await requireCached(settings, name, publishedNamed(name).kind)];
  if (models.length === 0) {
    tell(`no models in ${settings.cacheDir}`);
    return;
  }
  const wrong = new Set<string>();
  for (const model of models) {
    for (const file of model.files) {
      const { verdict, checksum } = await verifyFile(settings, model, file);
      const { published } = model;
      if (verdict === "wrong") wrong.add(published.name);
      const shown = checksum ? ` ${checksum.kind} ${checksum.digest.slice(0, 12)}` : "";
      tell(`${verdict.padEnd(7)}  ${published.name}  ${file.name} ${shown}`.trimEnd());
    }
  }
  if (wrong.size === 0) return;
  const [first] = wrong;
  throw new VqganClipError(
    "BAD_FILE",
    `verify: damaged: ${[...wrong].join(", ")}`,
    `vqgan-clip models remove ${first}, then vqgan-clip models pull ${first}`,
  );
}

async function remove(name: string): Promise<void> {
  const settings = hubSettings();
  const published = publishedNamed(name);
  const bytes = await removeCached(settings, published);
  if (bytes === 0) {
    throw new VqganClipError(
      "BAD_MODEL",
      `remove: ${published.name} is not in ${settings.cacheDir}`,
      "models ls lists what is",
    );
  }
  tell(`removed ${published.name}: ${mebibytes(bytes)} freed`);
}

/** How far a download is: a line that is drawn anew on a terminal, else one line a file. */
class Meter {
  private readonly isLive: boolean;
  private readonly rates = new Map<string, { begin: number; from: number }>();
  private readonly done = new Set<string>();
  private drawn = 0;

  constructor(private readonly quiet: boolean) {
    this.isLive = !quiet && process.stderr.isTTY === true && process.env.TERM !== "dumb";
  }

  show({ file, received, total }: Progress): void {
    if (this.quiet || this.done.has(file)) return;
    const now = performance.now();
    const { begin, from } = this.rates.get(file) ?? { begin: now, from: received };
    this.rates.set(file, { begin, from });
    if (received === total) this.done.add(file);
    if (!this.isLive) {
      if (received === total) remark(`${file}: ${mebibytes(received)}`);
      return;
    }
    if (received !== total && now - this.drawn < 100) return;
    this.drawn = now;
    const percent = total ? `${Math.floor((100 * received) / total)} %  ` : "";
    const rate = now > begin ? (received - from) / ((now - begin) / 1000) : 0;
    const line = `${file}  ${percent}${mebibytes(received)}${total ? ` of ${mebibytes(total)}` : ""}  ${mebibytes(rate)}/s`;
    redraw(line);
  }

  say(line: string): void {
    if (this.quiet) return;
    this.clear();
    remark(`note: ${line}`);
  }

  clear(): void {
    if (this.isLive) redraw();
  }
}

/** A line for each row, its cells below one another. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] as readonly string[]).map((_, i) =>
    Math.max(...rows.map((row) => (row[i] as string).length)),
  );
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] as number))
      .join("  ")
      .trimEnd(),
  );
}
