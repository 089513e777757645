/** Settings with a course: each does in a step what the setting itself would, and a film's follow its sound. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { NDArray, readPngText, readStory, VqganClip } from "../../src/index.js";
import { cli, inEmptyFolder, tinyModels } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";
import { tinyPair } from "../support/tiny-pair.js";

type RunRequest = Parameters<VqganClip["create"]>[0];

const base = { prompts: "a castle", size: [64, 64], cutouts: 2, seed: 5, steps: 3 } satisfies RunRequest;
const image = NDArray.float32(
  [3, 32, 32],
  Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => 0.5 + 0.4 * Math.sin(i / 40)),
);

let vq: VqganClip;
beforeAll(async () => {
  vq = await tinyPair();
});

async function drawn(change: Partial<RunRequest>, edits: boolean, pair = vq): Promise<NDArray> {
  const request = { ...base, ...change };
  const run = edits ? await pair.edit({ ...request, image }) : pair.create(request);
  await run.toFinish();
  return run.latent(); // before it is rounded to codes
}

test.each([
  ["learningRate", { learningRate: 0.1 }, { learningRate: 0.3 }, "0.3", false],
  ["gradientClip", { gradientClip: 0, optimizer: "sgd" }, { gradientClip: 0.001, optimizer: "sgd" }, "0.001", false],
  ["cutPower", { cutMethod: "random", cutPower: 1 }, { cutMethod: "random", cutPower: 3 }, "3", false],
  ["regularizer", { regularizer: { weight: 1 } }, { regularizer: { weight: 50 } }, "50", false],
  ["structure", { structure: 1 }, { structure: 5 }, "5", true],
  ["perceptual", { perceptual: 1 }, { perceptual: 5 }, "5", true],
  ["edges", { edges: 1 }, { edges: 50 }, "50", true],
  [
    "direction",
    { direction: { from: "a photo", to: null, weight: 1 } },
    { direction: { from: "a photo", to: null, weight: 9 } },
    "9",
    true,
  ],
] as const)("%s", async (of, own, other, values, edits) => {
  const [plain, wanted] = [await drawn(own, edits), await drawn(other, edits)];
  expect(wanted).not.toEqual(plain);
  expect(await drawn({ ...own, courses: [{ of, values }] }, edits)).toEqual(wanted);
  const late = await drawn({ ...own, courses: [{ of, values: `${values}@0->${values}@1` }], steps: 2 }, edits);
  expect(late).toEqual(await drawn({ ...other, steps: 2 }, edits));
});

test("prior", async () => {
  const pair = await VqganClip.fromPretrained({ threads: 1 });
  const at = (weight: number, values: string | undefined) =>
    drawn({ prior: { weight }, steps: 1, ...(values && { courses: [{ of: "prior" as const, values }] }) }, false, pair);
  const [plain, wanted] = [await at(0.1, undefined), await at(0.4, undefined)];
  expect(wanted).not.toEqual(plain);
  expect(await at(0.1, "0.4")).toEqual(wanted);
});

test("a film whose zoom, rate and regulariser follow its sound keeps them as keyframes, in a session and in its pictures", () =>
  inEmptyFolder(async (cwd) => {
    const follows = ["--course", "zoom=1+loudness*0.2,learning-rate=0.1+beat*0.1", "--regularize", "tv:loudness+0.1"];
    const film = ["--size", "32", "--cutouts", "2", "-i", "2", "--steps-per-frame", "1", "--seed", "1", "--fps", "8"];
    const music = ["--music", fixturePath("sound/chirp.wav")];
    const args = ["video", "fog", ...follows, ...film, ...tinyModels, "-o", "a.webp"];
    const { code, stderr } = await cli([...args, ...music], { cwd });
    expect(code, stderr).toBe(0);
    const story = readStory(readPngText(await readFile(join(cwd, "a-frames", "frame-00005.png"))));
    expect(story?.settings.courses).toEqual([
      { of: "zoom", values: expect.stringMatching(/^1\.\d+@0->.*@\d+$/) },
      { of: "learningRate", values: expect.stringMatching(/^0\.[12]\d*@0->/) },
    ]);
    expect(story?.settings.pictureRegularizers).toEqual([{ kind: "tv", weight: expect.stringContaining("@0->") }]);
    const silent = await cli(args, { cwd });
    expect(silent.stderr).toContain("follows a sound, and there is none");
    const misspelt = await cli(["video", "fog", "--course", "zoom=1+bas*2", ...film, ...tinyModels], { cwd });
    expect(misspelt.stderr).toContain('formula: "1+bas*2": "bas" is no name');
  }));
