/** What a run is drawn to beside texts: pictures, noise and vectors, from the library and the command line. */
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { type CreateRequest, NDArray, readPngText, readStory, type VqganClip } from "../../src/index.js";
import { cli, inEmptyFolder, tinyModels } from "../support/cli.js";
import { tinyPair } from "../support/tiny-pair.js";

let vq: VqganClip;
beforeAll(async () => {
  vq = await tinyPair();
});

const base = { size: [40, 32], cutouts: 3, steps: 4, seed: 7, start: "codes" } satisfies CreateRequest;
const picture = NDArray.float32(
  [3, 24, 24],
  Float32Array.from({ length: 1728 }, (_, i) => ((i * 37) % 256) / 255),
);

async function lossesOf(request: CreateRequest): Promise<number[][]> {
  const run = vq.create(request);
  const losses: number[][] = [];
  for await (const event of run) losses.push([...event.losses.prompts]);
  await run.dispose();
  return losses;
}

describe("targets", () => {
  test("the vector of a text is that text", async () => {
    const [vector] = (await vq.embedTexts(["a castle"])) as [Float32Array];
    const said = await lossesOf({ ...base, prompts: "a castle:0.5:0.2" });
    const given = await lossesOf({ ...base, targets: [{ kind: "vector", vector, weight: 0.5, stop: 0.2 }] });
    given.forEach(([loss], step) => {
      expect(loss).toBeCloseTo(said[step]?.[0] as number, 5);
    });
  });

  test("a picture's loss is the mean over its cutouts; fixed and fresh ones differ; each is one prompt", async () => {
    const image = { kind: "image", image: picture, weight: 2 } as const;
    const [fixed, fresh] = [
      await lossesOf({ ...base, prompts: "a castle", targets: [image, { kind: "noise", seed: 1, weight: -0.3 }] }),
      await lossesOf({ ...base, prompts: "a castle", targets: [{ ...image, views: "fresh" }] }),
    ];
    for (const losses of fixed) expect(losses).toHaveLength(3);
    for (const losses of fresh) expect(losses).toHaveLength(2);
    expect(fixed[0]?.[2]).toBeLessThan(0);
    expect(fixed[0]?.[1]).not.toBe(fresh[0]?.[1]);
    const half = await lossesOf({ ...base, prompts: "a castle", targets: [{ ...image, weight: 1 }] });
    expect(half[0]?.[1]).toBeCloseTo((fixed[0]?.[1] as number) / 2, 5);
  });

  test("a plain whole view of a picture is its embedding", async () => {
    const plain = { ...base, cutouts: 1, cutMethod: "whole" as const, augmentations: [] };
    const square = NDArray.float32(
      [3, 32, 32],
      Float32Array.from({ length: 3072 }, (_, i) => (i % 256) / 255),
    );
    const vector = await vq.embedImage(square);
    const [seen] = await lossesOf({ ...plain, size: [32, 32], targets: [{ kind: "image", image: square }] });
    const [given] = await lossesOf({ ...plain, size: [32, 32], targets: [{ kind: "vector", vector }] });
    expect(seen?.[0]).toBeCloseTo(given?.[0] as number, 4);
  });

  test("mean reduction counts a picture once", async () => {
    const request = {
      ...base,
      prompts: "a castle",
      targets: [{ kind: "image", image: picture }],
    } satisfies CreateRequest;
    const [sum] = await lossesOf(request);
    const [mean] = await lossesOf({ ...request, promptReduction: "mean" });
    mean?.forEach((loss, i) => {
      expect(loss).toBeCloseTo((sum?.[i] as number) / 2, 6);
    });
  });

  test.each(["fixed", "fresh"] as const)("a session with %s views goes on to the byte without the picture", (views) =>
    inEmptyFolder(async (folder) => {
      const path = join(folder, "run.vqclip");
      const targets = [
        { kind: "noise", seed: 5, weight: 0.2 },
        { kind: "image", image: picture, views },
      ] as const;
      const whole = await (await vq.create({ ...base, targets }).toFinish()).toPNG();
      const part = await vq.create({ ...base, targets, steps: 2 }).toFinish();
      await part.save(path);
      const opened = await vq.open(path, { steps: 4 });
      const resumed = await (await opened.toFinish()).toPNG();
      expect(resumed).toEqual(whole);
      const story = readStory(readPngText(resumed));
      expect(story?.targets).toEqual([null, expect.stringMatching(/^[0-9a-f]{64}$/)]);
      expect(story?.settings).toMatchObject({
        prompts: "",
        targets: [
          { kind: "noise", seed: 5 },
          { kind: "image", views },
        ],
      });
    }),
  );

  test("in a story each scene is drawn to its own prompts, and targets keep their own weight", async () => {
    const targets = [{ kind: "noise", seed: 1, weight: "0->1" }] as const;
    const story = await lossesOf({ ...base, prompts: "a castle ^ fog | the sea", sceneFade: 0, targets });
    const first = await lossesOf({ ...base, prompts: "a castle", targets });
    expect(story.map(([castle, fog, sea]) => [castle !== 0, fog !== 0, sea !== 0])).toEqual([
      [true, false, false],
      [true, false, false],
      [false, true, true],
      [false, true, true],
    ]);
    first.slice(0, 2).forEach(([castle, noise], step) => {
      expect(story[step]?.[0]).toBeCloseTo(castle as number, 5);
      expect(story[step]?.[3]).toBeCloseTo(noise as number, 5);
    });
    expect(first.map(([, noise]) => noise === 0)).toEqual([true, false, false, false]);
    const mean = await lossesOf({ ...base, prompts: "a castle ^ fog | the sea", sceneFade: 0, targets, promptReduction: "mean" }); // biome-ignore format: one request
    expect(mean[0]?.[0]).toBeCloseTo((story[0]?.[0] as number) / 2, 6);
  });

  test("a run whose prompts change with its length cannot be lengthened unnoticed", () =>
    inEmptyFolder(async (folder) => {
      const path = (name: string) => join(folder, name);
      const run = vq.create({ ...base, prompts: "a castle ^ fog", steps: 3 });
      for await (const { step } of run) if (step === 2) break;
      await run.save(path("a.vqclip"));
      await run.toPNG(path("a.png"));
      const longer = await vq.open(path("a.vqclip"), { steps: 4 });
      expect((await longer.state()).changed).toBe(true);
      expect((await (await vq.open(path("a.vqclip"))).state()).changed).toBe(false);
      const again = await cli(["generate", "--like", path("a.png"), "-o", path("b.png"), ...tinyModels]);
      expect(again.code, again.stderr).toBe(0); // at its step of its length
      expect(await readFile(path("b.png"))).toEqual(await readFile(path("a.png")));
    }));

  test("what does not fit is refused", async () => {
    const code = (targets: CreateRequest["targets"]) =>
      vq.create({ ...base, ...(targets && { targets }) }).state().catch((error) => error); // biome-ignore format: one thought
    expect(await code([{ kind: "vector", vector: [1, 2] }])).toMatchObject({ code: "BAD_ARGUMENT" });
    expect(await code([{ kind: "vector", vector: new Array(24).fill(0) }])).toMatchObject({ code: "BAD_ARGUMENT" });
    expect(() => vq.create({ ...base, targets: [{ kind: "noise", seed: 1, weight: 0 }] })).toThrow(/weight/);
    expect(() => vq.create(base)).toThrow("prompt: none was given");
  });
});

describe("--image-prompt, --noise-prompt, --vector-prompt", () => {
  test("reach the run with weights and stops, and no path is kept", () =>
    inEmptyFolder(async (folder) => {
      const path = (name: string) => join(folder, name);
      await sharp({ create: { width: 20, height: 20, channels: 3, background: "teal" } })
        .png()
        .toFile(path("secret.png"));
      const vector = await cli(["embed", "--text", "fog", "--json", ...tinyModels]);
      await writeFile(path("fog.json"), vector.stdout);
      const aims = [
        "--image-prompt",
        `${path("secret.png")}:0.3`,
        "--noise-prompt",
        "42:-0.1:-0.8",
        "--image-views",
        "fresh",
      ];
      const more = ["--vector-prompt", `${path("fog.json")}:2`, "--save-state", path("a.vqclip"), "-o", path("a.png")];
      const small = ["--size", "40x32", "--cutouts", "2", "--steps", "2", ...tinyModels];
      const run = await cli(["generate", "a castle", "--json", ...aims, ...more, ...small]);
      expect(run.stderr).not.toContain("vqgan-clip:");
      expect(JSON.parse(run.stdout.toString().split("\n")[0] as string).settings.targets).toEqual([
        { kind: "image", weight: 0.3, stop: null, views: "fresh" },
        { kind: "noise", weight: -0.1, stop: -0.8, seed: 42 },
        { kind: "vector", weight: 2, stop: null },
      ]);
      for (const name of ["a.png", "a.vqclip"]) expect((await readFile(path(name))).includes("secret")).toBe(false);
      const again = await cli(["generate", "--like", path("a.png"), "-o", path("b.png"), ...tinyModels]);
      expect(again.stderr).toMatch(/was drawn to a picture \(sha256 [0-9a-f]{64}\) \(give it: --image-prompt\)/);
    }));

  test("noise alone is a prompt and can be made again from the picture", () =>
    inEmptyFolder(async (folder) => {
      const path = (name: string) => join(folder, name);
      const small = ["--size", "40x32", "--cutouts", "2", "--steps", "2"];
      expect((await cli(["generate", "--noise-prompt", "3", ...small, "-o", path("a.png"), ...tinyModels])).code).toBe(
        0,
      );
      expect((await cli(["generate", "--like", path("a.png"), "-o", path("b.png"), ...tinyModels])).code).toBe(0);
      expect(await readFile(path("b.png"))).toEqual(await readFile(path("a.png")));
    }));

  test.each([
    ["--noise-prompt", "x:1", /"x" is no seed/],
    ["--noise-prompt", "3:0", /weight 0 of "3" must be finite and not zero/],
    ["--image-prompt", "none.png:1", /cannot read none.png: no such file/],
    ["--vector-prompt", "package.json", /package.json holds no embedding/],
  ])("%s %s is refused in a line", async (flag, value, line) => {
    const run = await cli([
      "generate",
      "a castle",
      flag,
      value,
      "--size",
      "40x32",
      "-o",
      join(tmpdir(), "never-written.png"),
      ...tinyModels,
    ]);
    expect(run.stderr).toMatch(line);
    expect(run.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(run.code).not.toBe(0);
  });
});
