/** Regularisers of the picture as users ask for them: they change the picture, are saved, and go on from a session. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type CreateRequest, type NDArray, readPngText, readStory, type VqganClip } from "../../src/index.js";
import { cli, inEmptyFolder, tinyModels } from "../support/cli.js";
import { tinyPair } from "../support/tiny-pair.js";

const base = { prompts: "a castle", size: [40, 32], cutouts: 2, seed: 7, latent: "continuous" } satisfies CreateRequest;
let vq: VqganClip;
beforeAll(async () => {
  vq = await tinyPair(); // biome-ignore format: one call
});

async function finished(request: Partial<CreateRequest>): Promise<NDArray> {
  const run = vq.create({ ...base, steps: 30, learningRate: 0.1, regularizer: { weight: 0 }, ...request });
  await run.toFinish();
  const picture = await run.render();
  await run.dispose();
  return picture;
}

const at = (x: NDArray, channel: number, row: number, column: number) => x.at((channel * 32 + row) * 40 + column);
const everywhere = (of: (channel: number, row: number, column: number) => number) => {
  let sum = 0;
  for (let i = 0; i < 3 * 32 * 39; i++) sum += of(Math.floor(i / (32 * 39)), Math.floor(i / 39) % 32, i % 39);
  return sum;
};
const variation = (x: NDArray) => everywhere((c, y, i) => Math.abs(at(x, c, y, i + 1) - at(x, c, y, i)));
const asymmetry = (x: NDArray) => everywhere((c, y, i) => (at(x, c, y, 39 - i) - at(x, c, y, i)) ** 2);

describe("what is asked for comes about", () => {
  let plain: NDArray;
  beforeAll(async () => {
    plain = await finished({});
  });

  test.each(["whole", "random"] as const)("with cutouts that are %s", async (cutMethod) => {
    const flat = await finished({ cutMethod, pictureRegularizers: [{ kind: "tv", weight: 20 }] });
    expect(variation(flat)).toBeLessThan(0.5 * variation(plain));
    const mirrored = { kind: "symmetry", weight: 50, mirror: "left-right" } as const;
    const symmetric = await finished({ cutMethod, pictureRegularizers: [mirrored] });
    expect(asymmetry(symmetric)).toBeLessThan(0.5 * asymmetry(plain));
  });
});

test("each has its loss, they are part of the total, and their weights may change over the steps", async () => {
  const run = vq.create({
    ...base,
    steps: 3,
    pictureRegularizers: [
      { kind: "tv", weight: "2->0" },
      { kind: "saturation", weight: 0.5 },
    ],
  });
  const shown: number[][] = [];
  for await (const { losses } of run) {
    const { total, prompts, picture, latent } = losses;
    expect(total).toBeCloseTo([...prompts, ...picture].reduce((a, b) => a + b) + latent, 5);
    shown.push([...picture]);
  }
  expect(shown.map(([tv = 0]) => tv > 0)).toEqual([true, true, false]);
  expect(shown.every(([, saturation = 0]) => saturation < 0)).toBe(true);
  await run.dispose();
});

test("a run with regularisers goes on from a session to the byte", () =>
  inEmptyFolder(async (folder) => {
    const request = {
      ...base,
      steps: 4,
      pictureRegularizers: [{ kind: "tv", weight: "3->0" }],
    } satisfies CreateRequest;
    const whole = await (await vq.create(request).toFinish()).toPNG();
    const part = vq.create(request);
    for await (const { step } of part) if (step === 2) break;
    await part.save(join(folder, "a.vqclip"));
    expect(await (await (await vq.open(join(folder, "a.vqclip"))).toFinish()).toPNG()).toEqual(whole);
  }));

test("--regularize reaches the losses and the picture's story", () =>
  inEmptyFolder(async (folder) => {
    const path = (name: string) => join(folder, name);
    const list = "tv:0.5->0,symmetry:0.2:both,palette:0.3:ff0000+00ff00";
    const args = ["generate", "a castle", "--regularize", list, "--size", "40x32", "--cutouts", "2", "--seed", "1", ...tinyModels]; // biome-ignore format: one command
    const whole = await cli([...args, "--steps", "4", "-o", path("a.png"), "--trace", path("t.ndjson")]);
    expect([whole.code, whole.stderr]).toEqual([0, expect.any(String)]);
    expect(readStory(readPngText(await readFile(path("a.png"))))?.settings.pictureRegularizers).toEqual([
      { kind: "tv", weight: "0.5->0" },
      { kind: "symmetry", weight: 0.2, mirror: "both" },
      { kind: "palette", weight: 0.3, colours: ["#ff0000", "#00ff00"] },
    ]);
    const traced = (await readFile(path("t.ndjson"), "utf8")).trimEnd().split("\n");
    expect(JSON.parse(traced[0] as string).picture).toHaveLength(3);
    const bad = await cli([...args.slice(0, 2), "--regularize", "blur:1", ...tinyModels]);
    expect(bad.stderr).toMatch(/"blur" is no regulariser of the picture; write none, or a list of tv, smoothness/);
    expect(bad.code).toBe(2);
  }));
