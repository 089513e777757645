/**
 * What looking for good noise and descending it are worth at equal seconds of the processor, so that other work beside it
 * counts for nothing: seed race, ReNO, GPER, and a race before either.
 * `npm run bench:noise -- [--seconds 30] [--prompts "a|b"] [--seeds 3] [--size 128] [--model DIR | --generator DIR --clip DIR]
 * [--judge DIR]`: the bundled pair's continuous latent unless others are named. A judge is a CLIP that no loss saw.
 */
import { parseArgs } from "node:util";
import { type CreateRequest, VqganClip } from "../src/index.js";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "30" },
    prompts: { type: "string", default: "a red apple|a castle|a sunset over the sea" },
    seeds: { type: "string", default: "3" },
    size: { type: "string" },
    model: { type: "string" },
    generator: { type: "string" },
    clip: { type: "string" },
    judge: { type: "string" },
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
const witness =
  judge === undefined
    ? undefined
    : await VqganClip.fromPretrained({ ...(generator === undefined ? {} : { generator }), clip: judge });

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
  const judged = witness && (await witness.score(picture, [prompts]))[0]?.cosine;
  return { took, loss, spread, judged };
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
const mean = (numbers: readonly number[]) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
console.log("| | seconds | least loss (1 - cosine) | judge | root mean square of the latent |\n|---|---|---|---|---|");
for (const [name, asked] of Object.entries(methods)) {
  const all: Awaited<ReturnType<typeof drawn>>[] = [];
  for (const prompt of prompts) {
    for (let seed = 1; seed <= Number(values.seeds); seed++) all.push(await drawn(prompt, seed, asked));
  }
  const judged = witness ? mean(all.map((each) => each.judged as number)).toFixed(3) : "-";
  const [took, loss, spread] = (["took", "loss", "spread"] as const).map((key) => mean(all.map((each) => each[key])));
  console.log(`| ${name} | ${took?.toFixed(1)} | ${loss?.toFixed(4)} | ${judged} | ${spread?.toFixed(3)} |`);
}
await letGo();
