/** Several CLIPs that look at one picture: from the library and the command line, across a pause, and told by the picture. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type CreateRequest, readPngText, readStory, VqganClip } from "../../src/index.js";
import { cli, inEmptyFolder } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";

const [vqgan, first, second] = ["vqgan", "clip-quick-gelu", "clip-gelu"].map(fixturePath) as [string, string, string];
const tiny = { vqgan, threads: 1 };
const request = { prompts: "a castle", size: [32, 32], cutouts: 2, steps: 4, seed: 7 } satisfies CreateRequest;

test("one CLIP in a list, with the weight 1, gives the bytes of one that is named", async () => {
  const alone = await (await VqganClip.fromPretrained({ ...tiny, clip: first })).create(request).toFinish();
  const listed = await (await VqganClip.fromPretrained({ ...tiny, clip: [first] }))
    .create({ ...request, perceptorWeights: [1] })
    .toFinish();
  expect((await listed.state()).z.bytes).toEqual((await alone.state()).z.bytes);
  for (const run of [alone, listed]) await run.dispose();
});

test("pictures, noise and vectors are looked at by both", async () => {
  const vq = await VqganClip.fromPretrained({ ...tiny, clip: [first, second] });
  const image = await (await vq.create({ ...request, steps: 1 }).toFinish()).render();
  const asked = (size: number) =>
    vq.create({
      ...request,
      targets: [
        { kind: "image", image },
        { kind: "image", image, views: "fresh" },
        { kind: "noise", seed: 3 },
        { kind: "vector", vector: new Float32Array(size).fill(0.1) },
      ],
    });
  const run = await asked(24 + 16).toFinish();
  expect((await run.state()).step).toBe(4);
  await run.dispose();
  await expect(asked(24).state()).rejects.toThrow("clip-quick-gelu and clip-gelu need 40 finite numbers");
});

test("the plan counts every CLIP", async () => {
  const [one, two] = [
    await VqganClip.fromPretrained({ ...tiny, clip: first }),
    await VqganClip.fromPretrained({ ...tiny, clip: [first, second] }),
  ];
  expect(two.plan(request).peakBytes).toBeGreaterThan(one.plan(request).peakBytes);
  expect(() => two.plan({ ...request, perceptorWeights: [1] })).toThrow(
    "perceptorWeights: 1 weights for clip-quick-gelu, clip-gelu",
  );
});

test("from the command line: told by the picture, made again, resumed with the same CLIPs only", () =>
  inEmptyFolder(async (cwd) => {
    const models = ["--vqgan", vqgan, "--threads", "1"];
    const clips = ["--clip", first, "--clip", second];
    const small = ["--size", "32", "--cutouts", "2", "--seed", "7", "--perceptor-weights", "1,0.5"];
    const run = (...args: string[]) => cli(args, { cwd });
    const made = await run("generate", "a castle", ...models, ...clips, ...small, "--steps", "6", "-o", "a.png");
    expect(made.stderr).toContain("a.png");
    const png = await readFile(join(cwd, "a.png"));
    const story = readStory(readPngText(png));
    expect(story?.models.map(({ role, name }) => [role, name])).toEqual([
      ["generator", "vqgan"],
      ["perceptor", "clip-quick-gelu"],
      ["perceptor", "clip-gelu"],
    ]);
    expect(story?.settings.perceptorWeights).toEqual([1, 0.5]);
    expect((await run("generate", "--like", "a.png", ...models, ...clips, "-o", "b.png")).code).toBe(0);
    expect(await readFile(join(cwd, "b.png"))).toEqual(png);
    const swapped = await run("generate", "--like", "a.png", ...models, "--clip", second, "--clip", first);
    expect(swapped.stderr).toMatch(/made with perceptor clip-quick-gelu \(\w+\), loaded is clip-gelu/);

    const scored = await run(
      "score",
      "a.png",
      "a castle",
      "fog",
      ...models,
      ...clips,
      "--perceptor-weights",
      "3,1",
      "--json",
    );
    const { models: looked, scores } = JSON.parse(scored.stdout.toString());
    expect(looked.map(({ name }: { name: string }) => name)).toEqual(["clip-quick-gelu", "clip-gelu"]);
    const vq = await VqganClip.fromPretrained({ ...tiny, clip: [first, second] });
    expect(scores).toEqual(await vq.score(png, ["a castle", "fog"], { perceptorWeights: [3, 1] }));
    const embedded = await run("embed", "--text", "fog", ...models, ...clips, "--json");
    expect(JSON.parse(embedded.stdout.toString()).embedding).toHaveLength(24 + 16);
    await writeFile(join(cwd, "fog.json"), embedded.stdout);
    const drawn = await run(
      "generate",
      "--vector-prompt",
      "fog.json",
      ...models,
      ...clips,
      ...small,
      "--steps",
      "1",
      "-o",
      "d.png",
    );
    expect(drawn.code).toBe(0);

    const paused = vq.create({ ...request, steps: 6, perceptorWeights: [1, 0.5] });
    for await (const { step } of paused) if (step === 2) break;
    await paused.save(join(cwd, "half.vqclip"));
    await paused.dispose();
    expect((await run("resume", "half.vqclip", ...models, ...clips, "-o", "c.png")).code).toBe(0);
    expect(await readFile(join(cwd, "c.png"))).toEqual(png);
    const fewer = await run("resume", "half.vqclip", ...models, "--clip", first);
    expect(fewer.stderr).toMatch(/made with perceptor clip-gelu \(\w+\), loaded is none/);

    const single = await VqganClip.fromPretrained({ ...tiny, clip: first });
    const path = join(cwd, "single.vqclip");
    const short = single.create(request);
    await short.save(path);
    await expect(vq.open(path)).rejects.toThrow(/made with no further perceptor, loaded is clip-gelu/);
    await short.dispose();
  }));
