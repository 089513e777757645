/**
 * Editing, measured: the methods on the same sources, beside doing nothing (COPY), another picture of the target (RETRIEVE) and
 * the true edit (PASTE). `npm run bench:edit -- [--tasks 12] [--kinds object,colour,weather] [--methods ours,flexit] [--steps N]
 * [--cutouts N] [--masks] [--model DIR | --generator DIR --clip DIR] [--judge CLIP] [--python python3] [--out DIR]`, seconds are the
 * processor's, so that other work beside it counts for nothing;
 * four open photographs with `--queries bench/photographs/queries.csv --images bench/photographs --side 128`, FlexIT's own list with `--queries queries.csv --images DIR [--side 256] [--dev]`.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { NDArray } from "../src/core/ndarray.js";
import { writeFileAtomically } from "../src/files/atomic-write.js";
import { type EditRequest, type PictureSource, VqganClip } from "../src/index.js";
import { clipJudge, ownJudge } from "./edit-judge.js";
import { average, type Kept, keptMeasure, reached } from "./edit-measures.js";
import { queryTasks } from "./edit-queries.js";
import { type Column, editReport, type Row } from "./edit-report.js";
import { type EditTask, editTasks, type TaskKind, taskKinds } from "./edit-tasks.js";

const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "12" },
    kinds: { type: "string", default: taskKinds.join(",") },
    methods: { type: "string" },
    steps: { type: "string" },
    cutouts: { type: "string" },
    seed: { type: "string", default: "1" },
    masks: { type: "boolean", default: false },
    model: { type: "string" },
    generator: { type: "string" },
    clip: { type: "string" },
    threads: { type: "string" },
    judge: { type: "string" },
    python: { type: "string", default: "python3" },
    queries: { type: "string" },
    images: { type: "string", default: "." },
    side: { type: "string", default: "256" },
    dev: { type: "boolean", default: false },
    out: { type: "string", default: "edit-benchmark" },
  },
});

type Asked = Omit<EditRequest<PictureSource>, "image" | "prompts" | "mask">;
/** What each method is asked; `ours` is what the models recommend. */
const methods: Readonly<Record<string, (task: EditTask) => Asked & { readonly prompts: string }>> = {
  ours: ({ target }) => ({ prompts: target }),
  directed: ({ source, target }) => ({ prompts: target, direction: { from: source, to: target, weight: 5 } }),
  paper: ({ target }) => ({ prompts: target, preset: "paper" }),
  nerdyrodent: ({ target }) => ({ prompts: target, preset: "nerdyrodent" }),
  flexit: ({ source, target }) => ({ prompts: `${target} | ${source}:-0.4`, preset: "flexit" }),
};
const names = values.methods?.split(",") ?? Object.keys(methods);
const kinds = values.kinds.split(",") as TaskKind[];
for (const name of names) if (!methods[name]) throw new Error(`--methods: ${name} is none of ${Object.keys(methods)}`);
for (const kind of kinds) if (!taskKinds.includes(kind)) throw new Error(`--kinds: ${kind} is none of ${taskKinds}`);

const count = Number(values.tasks);
const { queries: file, images, side, dev } = values;
const tasks = file === undefined ? await editTasks(count, Number(values.seed), kinds) : await queryTasks({ file, images, side: Number(side), test: !dev }, count); // biome-ignore format: one choice
const asked = ["model", "generator", "clip"] as const;
const vq = await VqganClip.fromPretrained({
  ...Object.fromEntries(asked.filter((name) => values[name] !== undefined).map((name) => [name, values[name]])),
  ...(values.threads !== undefined && { threads: Number(values.threads) }),
});
const common = {
  seed: 1,
  ...(values.steps !== undefined && { steps: Number(values.steps) }),
  ...(values.cutouts !== undefined && { cutouts: Number(values.cutouts) }),
};

async function edited(name: string, task: EditTask, more: Partial<Asked> = {}): Promise<NDArray> {
  const own = { ...methods[name]?.(task), ...common, ...more } as Asked & { prompts: string };
  await using run = await vq.edit({
    ...own,
    image: task.picture,
    ...(values.masks && task.mask && { mask: task.mask }),
  });
  await run.toFinish();
  return run.render();
}

const columns: Column[] = [{ name: "COPY", pictures: tasks.map(({ picture }) => picture) }];
if (tasks.every(({ real }) => real.length > 0)) columns.push({ name: "RETRIEVE", pictures: tasks.map(({ real }) => real[0] as NDArray) }); // biome-ignore format: one thought
if (tasks.every(({ paste }) => paste)) columns.push({ name: "PASTE", pictures: tasks.map(({ paste }) => paste as NDArray) }); // biome-ignore format: one thought
const letGo = vq.keepPrograms(); // else every run would compile for itself
for (const name of names) {
  await edited(name, tasks[0] as EditTask, { steps: 1 }); // compiles
  const pictures: NDArray[] = [];
  const began = process.cpuUsage();
  for (const task of tasks) {
    pictures.push(await edited(name, task));
    process.stderr.write(`\r${name} ${pictures.length}/${tasks.length} `);
  }
  const { user, system } = process.cpuUsage(began);
  columns.push({ name, pictures, seconds: (user + system) / 1e6 / tasks.length });
}
process.stderr.write("\n");
await letGo();

const measure = await keptMeasure(vq.perceptor);
const judge = values.judge === undefined ? ownJudge(values.python) : clipJudge(values.judge);
const texts = [...new Set(tasks.flatMap(({ source, target, others }) => [source, target, ...others]))];
const reals = tasks.map(({ real }) => real.slice(1)); // the first of them is what RETRIEVE shows
const read = await judge([...columns.flatMap(({ pictures }) => pictures), ...reals.flat()], texts);
const vectors = new Map(texts.map((text, i) => [text, read.texts[i] as readonly number[]]));
const ofReals = read.pictures.slice(columns.length * tasks.length);
const realVectors = reals.map((real) => ofReals.splice(0, real.length));
const rows: Row[] = [];
for (const [i, column] of columns.entries()) {
  const kept: Kept[] = [];
  for (const [k, task] of tasks.entries()) kept.push(await measure(task, column.pictures[k] as NDArray));
  const mean = (key: keyof Kept) => average(kept.map((each) => each[key]));
  const edits = read.pictures.slice(i * tasks.length, (i + 1) * tasks.length);
  rows.push({ ...column, ssim: mean("ssim"), layers: mean("layers"), structure: mean("structure"), ...reached(tasks, edits, realVectors, vectors) }); // biome-ignore format: one row
}
const report = editReport(tasks, rows);
console.log(report.markdown);
await mkdir(values.out, { recursive: true });
for (const [ending, text] of Object.entries({ html: report.html, csv: report.csv })) {
  await writeFileAtomically(join(values.out, `edits.${ending}`), new TextEncoder().encode(text));
}
console.error(`${join(values.out, "edits.html")} has the pictures, edits.csv the figures`);
await vq.dispose();
