/**
 * The evaluation of a pair of models: pictures for every prompt of `prompts.json` at one seed, none picked, read by the
 * judge. Stopped, the same command goes on. See docs/evaluation.md.
 *
 *     npm run evaluate                            default settings, all lists
 *     npm run evaluate -- --preset nerdyrodent    the second column
 *     npm run evaluate -- --steps 0               the column of what runs begin with
 *     npm run evaluate -- --seeds 4 --trajectories    seeds against each other; score against picture over 200 steps
 *     npm run evaluate -- --set '{"steps":50,"cutouts":2}' --column half    any settings, a column of that name
 *     npm run evaluate -- --generator strokes --lists concepts --limit 30    another generator before the same encoder
 *     npm run evaluate -- --generator unet --lists repaints --no-speed       pictures repainted in nine styles
 *     npm run evaluate -- --sounds DIR                                       sounds as prompts, see training/sounds.py
 *     npm run evaluate -- --text-tower DIR --translated DIR/translated-de.json --column german --lists concepts    see training/languages.py
 *     npm run evaluate -- --limit 5               a quick look
 *     npm run evaluate -- --part 1/2 --threads 1  every second picture, and nothing is judged: for two processes side by side
 */
import { spawnSync } from "node:child_process";
import { access, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type PresetName, presets, type SettingsRequest, VqganClip } from "../../src/index.js";
import { stepFlops } from "../../src/pair/plan.js";
import { edited, type Lists, makePictures, type PictureList, pictureLists } from "./pictures.js";
import { makeReconstructions } from "./reconstructions.js";
import { soundPrompts, writeHeard } from "./sounds.js";
import { measureSpeed } from "./speed.js";
import { makeTrajectories } from "./trajectories.js";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: {
    models: { type: "string", default: here("../../models/compact") }, // folder with vqgan/, clip/, recommended.json
    generator: { type: "string" }, // in the pair's place of it, with its own recommended settings
    preset: { type: "string" }, // default: what the models recommend
    steps: { type: "string" },
    set: { type: "string" }, // JSON of settings that differ from those; needs `column`
    column: { type: "string" }, // the name of the folder and of the table's column
    lists: { type: "string", default: pictureLists.join(",") },
    limit: { type: "string", default: "1000" },
    data: { type: "string", default: ".training/data" },
    judge: { type: "string", default: here("../judge") },
    out: { type: "string", default: ".training/evaluation" },
    sounds: { type: "string" }, // instead of lists: a folder of WAV files, each named by what is heard
    "sound-model": { type: "string" }, // default: Wav2CLIP.pt in that folder
    "text-tower": { type: "string" }, // reads the prompts in the CLIP's place
    translated: { type: "string" }, // JSON: what the runs are told in place of each prompt of the lists, see training/languages.py
    gallery: { type: "string" }, // also write contact sheets here
    redraw: { type: "boolean", default: false }, // prompts and source pictures anew, after the data changed
    threads: { type: "string", default: String(availableParallelism()) },
    python: { type: "string", default: "python3" },
    seeds: { type: "string", default: "1" }, // so many pictures of each of the first concepts
    trajectories: { type: "boolean", default: false }, // follow runs over 200 steps: is a better score a better picture?
    "no-speed": { type: "boolean", default: false },
    part: { type: "string", default: "1/1" },
    "no-judge": { type: "boolean", default: false }, // no table yet
    "only-judge": { type: "boolean", default: false }, // no new pictures
  },
});

/** For the codes used and the likeness; the Frechet distance needs one for each picture of `compositions`. */
const ENOUGH_RECONSTRUCTIONS = 100;
/** Concepts that are drawn from several seeds. */
const SEED_PROMPTS = 25;

function oneOf<Name extends string>(value: string, known: readonly Name[], what: string): Name {
  const found = known.find((name) => name === value);
  if (found === undefined) throw new Error(`${what}: "${value}" is none of ${known.join(", ")}`);
  return found;
}

function whole(value: string, what: string, least = 1): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < least)
    throw new Error(`${what}: needs a whole number of ${least} or more, got "${value}"`);
  return number;
}

function python(script: string, args: readonly string[]): void {
  const { status, error } = spawnSync(values.python, [here(script), ...args], { stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) throw new Error(`${script} ended with ${status}`);
}

/** The lists' prompts that are in the table, told by its words. */
function translatedLists(all: Lists, table: Readonly<Record<string, string>>): Lists {
  const chosen = ([name, list]: [string, Lists[string]]) => {
    for (const { prompt } of list.slice(0, lists.includes(name as PictureList) ? limit : 0))
      if (table[prompt] === undefined) throw new Error(`--translated: has no words for "${prompt}" of ${name}`);
    return [name, list.map((entry) => ({ ...entry, translated: table[entry.prompt] }))];
  };
  return Object.fromEntries(Object.entries(all).map(chosen));
}

const { sounds, "sound-model": model = sounds && join(sounds, "Wav2CLIP.pt") } = values;
const lists: readonly PictureList[] = sounds
  ? ["sounds"]
  : values.lists.split(",").map((list) => oneOf(list, [...pictureLists, "repaints"], "--lists"));
const preset = values.preset && oneOf(values.preset, Object.keys(presets) as PresetName[], "--preset");
const steps = values.steps === undefined ? undefined : whole(values.steps, "--steps", 0);
const seeds = whole(values.seeds, "--seeds");
const limit = whole(values.limit, "--limit");
const [share, shares] = values.part.split("/").map((number) => whole(number, "--part")) as [number, number?];
if (shares === undefined || share > shares)
  throw new Error(`--part: needs a share of all as 1/2, got "${values.part}"`);
const isMine = (index: number): boolean => index % shares === share - 1;
const models = resolve(values.models);
const { generator } = values;
const named = generator?.replace(/[^\w-]+/g, "-");
if (values.translated && !values.column) throw new Error("--translated: needs --column with the name of its column");
if (values.set && !values.column) throw new Error("--set: needs --column with the name of its column");
const column =
  values.column ??
  [
    named ?? preset ?? "default",
    ...(named && preset ? [preset] : []),
    ...(steps === undefined ? [] : [`${steps}-steps`]),
  ].join("-");
if (/[^\w.-]|^\./.test(column)) throw new Error(`--column: needs letters, digits, "-", "_" and ".", got "${column}"`);
const out = join(values.out, basename(models));
const sources = join(out, "sources");

const isDrawn = await access(join(sources, "compositions")).then(() => true, () => false); // biome-ignore format: one thought
if (values.redraw || !isDrawn) {
  const columns = (await readdir(out, { withFileTypes: true }).catch(() => [])).filter((entry) => entry.isDirectory());
  const stale = ["sources", "reconstructions", ...columns.map(({ name }) => join(name, "edits"))];
  for (const folder of stale) await rm(join(out, folder), { recursive: true, force: true });
  python("draw.py", ["--data", values.data, "--out", sources]);
}
const readLists = async (name: string) => JSON.parse(await readFile(here(name), "utf8"));
const heard = sounds && model && !values["only-judge"] ? await soundPrompts(sounds, model, limit) : undefined;
const english: Lists = { ...(await readLists("prompts.json")), novel: await readLists("novel.json") };
const told = values.translated && JSON.parse(await readFile(values.translated, "utf8"));
const prompts: Lists = { ...(told ? translatedLists(english, told) : english), ...(heard && { sounds: heard }) };
if (heard) await writeHeard(join(out, column), heard);

if (!values["only-judge"]) {
  const vq = await VqganClip.fromPretrained({
    model: models,
    ...(generator && { generator }),
    ...(values["text-tower"] && { textTower: values["text-tower"] }),
    threads: whole(values.threads, "--threads"),
  });
  const letGo = vq.keepPrograms(); // pictures of one column share their step
  const further: Omit<SettingsRequest, "prompts" | "seed" | "targets"> = values.set ? JSON.parse(values.set) : {};
  const settings = { ...(preset && { preset }), ...(steps !== undefined && { steps }), ...further };
  const folder = join(out, column);
  await mkdir(folder, { recursive: true });
  if (lists.some((list) => !edited.has(list))) {
    const plain = vq.plan({ ...settings, prompts: "an apple" }).settings;
    const { convolution, matrix } = stepFlops(vq, plain);
    const gigaflop = ((convolution + matrix) * plain.steps) / 1e9;
    await writeFile(join(folder, "cost.json"), JSON.stringify({ gigaflop }));
  }
  if (!values["no-speed"]) {
    const flags = [
      ...["--model", models],
      ...(generator ? ["--generator", generator] : []),
      ...(preset ? ["--preset", preset] : []),
      ...(steps ? ["-i", `${steps}`] : []),
    ];
    const speed = await measureSpeed(here("../../dist/cli/main.js"), "a red apple", join(folder, "speed.png"), flags);
    await writeFile(join(folder, "speed.json"), JSON.stringify(speed));
  }
  const wanted = lists.includes("compositions") ? (prompts.compositions ?? []).length : ENOUGH_RECONSTRUCTIONS;
  if (isMine(0) && !generator)
    await makeReconstructions(vq, Math.min(limit, wanted), sources, join(out, "reconstructions"));
  const { made, kept } = await makePictures(vq, prompts, { folder, settings, lists, limit, isMine, sources });
  console.error(`${made} pictures made, ${kept} were there`);
  for (let seed = 1; seed < seeds; seed++) {
    const again = {
      folder: join(folder, "seeds", `${seed}`),
      settings,
      lists: ["concepts" as const],
      isMine,
      sources,
      seed,
    };
    await makePictures(vq, prompts, { ...again, limit: Math.min(limit, SEED_PROMPTS) });
  }
  if (values.trajectories) await makeTrajectories(vq, prompts, { folder, settings, limit, isMine });
  await letGo();
}
if (shares > 1 || values["no-judge"]) process.exit();
const sheets = values.gallery === undefined ? [] : ["--gallery", values.gallery];
python("judging.py", ["--pictures", out, "--sources", sources, "--judge", values.judge, "--models", models, ...sheets]);
