/** Several perceptors outside of a run: scores, masks and a grid's judge are means of all, embeddings hold all. */
import { beforeAll, expect, test } from "vitest";
import { NDArray, VqganClip } from "../../src/index.js";
import { fixturePath } from "../support/fixtures.js";

const clips = ["clip-quick-gelu", "clip-gelu"].map(fixturePath);
const prompts = ["a castle", "fog", "a boat"];
/** A red square on blue. */
const picture = NDArray.float32(
  [3, 48, 48],
  Array.from({ length: 3 * 48 * 48 }, (_, i) => {
    const [channel, y, x] = [Math.floor(i / 2304), Math.floor(i / 48) % 48, i % 48];
    const inside = x >= 10 && x < 24 && y >= 24 && y < 38;
    return channel === (inside ? 0 : 2) ? 0.9 : 0.1;
  }),
);

let both: VqganClip;
let each: VqganClip[];
beforeAll(async () => {
  const open = (clip: string | readonly string[]) => VqganClip.fromPretrained({ vqgan: "pixels", clip, threads: 1 });
  both = await open(clips);
  each = [await open(clips[0] as string), await open(clips[1] as string)];
}, 60_000);

test("scores are weighted means, nearest first", async () => {
  const alone = await Promise.all(each.map((vq) => vq.score(picture, prompts)));
  for (const perceptorWeights of [
    [3, 1],
    [1, 5],
  ]) {
    const scores = await both.score(picture, prompts, { perceptorWeights });
    expect(scores.map(({ prompt }) => prompt).sort()).toEqual([...prompts].sort());
    const [a, b] = perceptorWeights as [number, number];
    for (const { prompt, ...score } of scores) {
      for (const name of ["cosine", "distance"] as const) {
        const [first, second] = alone.map((list) => list.find((one) => one.prompt === prompt)?.[name] as number);
        expect(score[name]).toBeCloseTo((a * (first as number) + b * (second as number)) / (a + b), 6);
      }
    }
    const cosines = scores.map(({ cosine }) => cosine);
    expect(cosines).toEqual([...cosines].sort((x, y) => y - x));
  }
  const plain = await both.score(picture, prompts);
  expect(plain).toEqual(await both.score(picture, prompts, { perceptorWeights: [2, 2] }));
  await expect(both.score(picture, prompts, { perceptorWeights: [1] })).rejects.toMatchObject({
    code: "BAD_ARGUMENT",
    message: "perceptorWeights: 1 weights for clip-quick-gelu, clip-gelu",
  });
});

test("embeddings are the single ones, one after the other", async () => {
  const joined = async (of: (vq: VqganClip) => Promise<Float32Array>) =>
    Float32Array.from((await Promise.all(each.map(of))).flatMap((vector) => [...vector]));
  expect(await both.embedImage(picture)).toEqual(await joined((vq) => vq.embedImage(picture)));
  for (const [i, vector] of (await both.embedTexts(prompts)).entries()) {
    expect(vector).toEqual(await joined(async (vq) => (await vq.embedTexts(prompts))[i] as Float32Array));
  }
});

test("a phrase's mask is the mean of all, by weight", async () => {
  const options = { deviations: 0.5, edges: false };
  const masks = await Promise.all(each.map((vq) => vq.findMask(picture, "a castle", options)));
  const near = (mask: NDArray, other: NDArray) => {
    const [a, b] = [mask.floats(), other.floats()];
    return Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))));
  };
  const [first, second] = masks.map(({ likeness }) => likeness) as [NDArray, NDArray];
  expect(near(first, second)).toBeGreaterThan(0.1);
  const found = (perceptorWeights: number[]) => both.findMask(picture, "a castle", { ...options, perceptorWeights });
  expect(near((await found([1000, 0.001])).likeness, first)).toBeLessThan(1e-4);
  expect(near((await found([0.001, 1000])).likeness, second)).toBeLessThan(1e-4);
  const middle = (await both.findMask(picture, "a castle", options)).likeness;
  expect(near(middle, first)).toBeGreaterThan(0.01);
  expect(near(middle, second)).toBeGreaterThan(0.01);
});

test("who judges a grid's pictures without a judge is all of them", async () => {
  const request = { prompts: "a castle | fog:-0.5", size: [32, 32], steps: 1, seed: 1 } as const;
  const settings = (vq: VqganClip, perceptorWeights: number[]) =>
    vq.resolve({ ...request, size: [32, 32], perceptorWeights }).settings;
  const scoreOf = async (vq: VqganClip, weights: number[]) => {
    const judge = await vq.judgeOf(settings(vq, weights));
    const score = await judge.score(picture);
    await judge.dispose();
    return score;
  };
  const [first, second] = [await scoreOf(each[0] as VqganClip, []), await scoreOf(each[1] as VqganClip, [])];
  expect(await scoreOf(both, [3, 1])).toBeCloseTo((3 * first + second) / 4, 6);
});

test("what several encoders do not know is told once", async () => {
  const told: unknown[] = [];
  const long = "a castle ".repeat(60);
  const vq = await VqganClip.fromPretrained({
    vqgan: "pixels",
    clip: [clips[0] as string, clips[0] as string],
    threads: 1,
    onNotice: (notice) => told.push(notice),
  });
  await vq.score(picture, [long]);
  await vq.embedTexts([long]);
  expect(told).toMatchObject([{ kind: "truncated" }, { kind: "truncated" }]);
});
