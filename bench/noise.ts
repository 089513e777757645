/**
 * What looking for good noise and descending it are worth at equal seconds of the processor, so that other work beside it
 * counts for nothing: seed race, ReNO, GPER, and a race before either.
 * `npm run bench:noise -- [--seconds 30] [--prompts "a|b"] [--seeds 1] [--size 128] [--model DIR | --generator DIR --clip DIR]
 * [--judge CLIP] [--python python3] [--sheet sheet.png]`: the bundled pair's continuous latent unless others are named, read by
 * the evaluation's judge unless a CLIP is named for it; no loss saw either.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { contactSheet } from "../src/image/contact-sheet.js";
import { encodePng } from "../src/image/png.js";
import { type CreateRequest, VqganClip } from "../src/index.js";
import { clipJudge, ownJudge, type Vector } from "./edit-judge.js";
import { average, dot } from "./edit-measures.js";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "30" },
    prompts: {
      type: "string",
      default: "a red apple|a castle|a cat|a sunflower|a sailboat|a fox|a cup of coffee|a house",
    },
    seeds: { type: "string", default: "1" },
    size: { type: "string" },
    model: { type: "string" },
    generator: { type: "string" },
    clip: { type: "string" },
    judge: { type: "string" },
    python: { type: "string", default: "python3" },
    sheet: { type: "string" }, // a row of pictures for each way, at the first seed
    threads: { type: "string" },
  },
});
const { model, generator, clip, judge } = values;
const seconds = Number(values.seconds);
const vq = await VqganClip.fromPretrained({
  ...(model !== undefined && { model }),
  ...(generator !== undefined && { generator }),
  ...(clip !== undefined && { clip }),
  ...(values.threads !== undefined && { threads: Number(values.threads) }),
});
const read = judge === undefined ? ownJudge(values.python) : clipJudge(judge);

type Asked = Omit<CreateRequest, "prompts" | "seed">;
const size = values.size === undefined ? {} : { size: [Number(values.size), Number(values.size)] as [number, number] };

/** One run from its creation to its picture. */
async function drawn(prompts: string, seed: number, asked: Asked) {
  const began = process.cpuUsage();
  const run = vq.create({ prompts, seed, ...size, ...asked });
  let loss = Number.POSITIVE_INFINITY;
  for await (const { losses } of run) loss = Math.min(loss, losses.prompts[0] as number);
  const { user, system } = process.cpuUsage(began);
  const took = (user + system) / 1e6;
  const picture = await run.render();
  const { z } = await run.state();
  await run.dispose();
  const spread = Math.sqrt(z.floats().reduce((sum, value) => sum + value * value, 0) / z.size);
  return { took, loss, spread, picture };
}

const letGo = vq.keepPrograms(); // else every run would compile for itself
const prompts = values.prompts.split("|");
const [first = ""] = prompts;
const race = { preset: "reno", steps: 1 } as const; // one step, whose picture is the start's
const costOf = async (asked: Asked) => {
  await drawn(first, 0, asked); // compiles
  return (await drawn(first, 0, asked)).took;
};
const one = await costOf(race);
const look = ((await costOf({ ...race, candidates: 9 })) - one) / 9;
const within = (budget: number, cost: number) => Math.max(1, Math.floor(budget / Math.max(cost, 1e-3)));
const looks = (budget: number) => Math.min(4096, within(budget, look));
const methods: Record<string, Asked> = { "first seed": race, race: { ...race, candidates: looks(seconds) } };
for (const preset of ["reno", "gper"] as const) {
  const step = ((await costOf({ preset, steps: 5 })) - (await costOf({ preset, steps: 1 }))) / 4;
  methods[preset] = { preset, steps: within(seconds, step) };
  methods[`race + ${preset}`] = { preset, steps: within(seconds / 2, step), candidates: looks(seconds / 2) };
}
for (const [name, { steps, candidates = 1 }] of Object.entries(methods)) {
  console.log(`${name}: ${candidates} looks, ${steps} steps in ${seconds} s of the processor`);
}
const names = Object.keys(methods);
const all: Awaited<ReturnType<typeof drawn>>[] = []; // by method, then by seed, then by prompt
for (const [name, asked] of Object.entries(methods)) {
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    for (const prompt of prompts) {
      all.push(await drawn(prompt, seed, asked));
      process.stderr.write(`\r${name}: seed ${seed}, ${prompt} `);
    }
  }
}
process.stderr.write("\n");
await letGo();

const { pictures, texts } = await read(all.map(({ picture }) => picture), prompts); // biome-ignore format: one thought
const marked = all.map((each, i) => {
  const near = texts.map((text) => dot(pictures[i] as Vector, text));
  const judged = near[i % prompts.length] as number;
  return { ...each, judged, isFirst: judged >= Math.max(...near) };
});
const each = prompts.length * Number(values.seeds);
const rows = names.map((name, i) => {
  const own = marked.slice(i * each, (i + 1) * each);
  const [took, loss, judged, spread] = (["took", "loss", "judged", "spread"] as const).map((key) => average(own.map((one) => one[key]))) as [number, number, number, number]; // biome-ignore format: one thought
  const first = own.filter(({ isFirst }) => isFirst).length;
  return [name, took.toFixed(1), loss.toFixed(3), judged.toFixed(3), `${first} of ${each}`, spread.toFixed(3)];
});
const head = ["", "seconds", "least loss (1 - cosine)", "judge's cosine", `judge's first of ${prompts.length}`, "root mean square of the latent"]; // biome-ignore format: one row
for (const row of [head, head.map(() => "---"), ...rows]) console.log(`| ${row.join(" | ")} |`);
if (values.sheet !== undefined) {
  const shown = names.flatMap((name, i) => all.slice(i * each, i * each + prompts.length).map(({ picture }, k) => ({ picture, label: [name, prompts[k] as string] }))); // biome-ignore format: one thought
  await writeFile(values.sheet, encodePng(contactSheet(shown, prompts.length)));
}
