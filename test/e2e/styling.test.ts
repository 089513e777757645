/** Pictures styled by words (CLIPstyler): patches along the way to the prompts, for every latent, and a net that repaints. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  createStyle,
  decodePicture,
  encodePng,
  NDArray,
  readPngText,
  readStory,
  styleFrames,
  VqganClip,
} from "../../src/index.js";
import { cli, inEmptyFolder } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";

const clip = fixturePath("clip-gelu");
const models = { generator: "unet", clip, threads: 1 } as const;
const vgg = join(fixturePath("styling"), "vgg19.pth");

/** Soft waves with a dark square, [3,24,32]. */
const photo = (shift = 0) =>
  NDArray.float32(
    [3, 24, 32],
    Array.from({ length: 3 * 24 * 32 }, (_, i) => {
      const [channel, y, x] = [Math.floor(i / 768), Math.floor(i / 32) % 24, (i % 32) + shift];
      const inside = x >= 8 && x < 16 && y >= 6 && y < 18;
      return inside ? 0.1 : 0.5 + 0.3 * Math.sin(x / (4 + channel) + y / 5);
    }),
  );
const small = { prompts: "rain", image: photo(), preset: "clipstyler", cutouts: 2, steps: 3, seed: 3 } as const;

/** The sum of a step's parts. */
const sumOf = ({ prompts, picture, direction = 0, whole = 0, content = 0, edges = 0 }: Parts) =>
  [...prompts, ...picture].reduce((sum, loss) => sum + loss, direction + whole + content + edges);
type Parts = {
  readonly [Name in "direction" | "whole" | "content" | "edges"]?: number;
} & { readonly prompts: readonly number[]; readonly picture: readonly number[] };

test("from the command line: what it says without a classifier, its story, and an exact resume", () =>
  inEmptyFolder(async (cwd) => {
    await writeFile(join(cwd, "photo.png"), encodePng(photo()));
    const run = (args: readonly string[]) => cli([...args, "--clip", clip, "--threads", "1"], { cwd });
    const edit = ["edit", "photo.png", "rain", "--generator", "unet", "--preset", "clipstyler", "--cutouts", "2"];
    const first = [...edit, "--seed", "3", "--schedule", "constant"];
    const made = await run([...first, "--steps", "1", "-o", "a.png", "--save-state", "a.vqclip"]);
    expect(made.code, made.stderr).toBe(0);
    expect(made.stderr).toContain("note: there is no VGG19");
    const story = readStory(readPngText(await readFile(join(cwd, "a.png"))));
    expect(story?.models[0]).toEqual({ role: "generator", name: "unet" });
    expect(story?.settings).toMatchObject({ direction: { to: null, threshold: 0.7, against: "whole" }, content: 0 });
    expect((await run([...first, "--steps", "2", "-o", "long.png"])).code).toBe(0);
    const resumed = await run(["resume", "a.vqclip", "--generator", "unet", "--steps", "2", "-o", "b.png"]);
    expect(resumed.code, resumed.stderr).toBe(0);
    const pixelsOf = async (file: string) => (await decodePicture(await readFile(join(cwd, file)), file)).data;
    expect(await pixelsOf("b.png")).toEqual(await pixelsOf("long.png"));
    expect(await pixelsOf("b.png")).not.toEqual(await pixelsOf("a.png"));
  }));

test("with a VGG19 every part counts and is told, a mask holds, and a session asks for the same VGG19", async () => {
  const vq = await VqganClip.fromPretrained({ ...models, vgg });
  const run = await vq.edit({ ...small, edges: 0.5, rect: [0, 0, 16, 24], feather: 0 });
  for await (const { losses } of run) {
    expect(losses.prompts).toEqual([0]); // they lead, and draw in no other way
    for (const part of ["direction", "whole", "content", "edges"] as const) expect(losses[part]).toBeGreaterThan(0);
    expect(losses.total).toBeCloseTo(sumOf(losses), 4);
  }
  expect(run.notices).toEqual([]);
  expect((await run.models()).map(({ role }) => role)).toEqual(["generator", "perceptor", "classifier"]);
  const made = await run.render();
  for (let i = 0; i < made.size; i++) if (i % 32 >= 16) expect(made.at(i)).toBeCloseTo(photo().at(i), 2);
  const session = await run.save();
  await run.dispose();
  expect((await (await vq.open(session)).state()).step).toBe(3);

  const without = await VqganClip.fromPretrained(models);
  await expect(without.open(session)).rejects.toThrow("made with classifier vgg19.pth");
  await expect(without.edit({ ...small, content: 1 })).rejects.toThrow("content: there is no classifier");
  await expect(without.create({ prompts: "rain" }).state()).rejects.toThrow("unet repaints a picture that is edited");
  await expect(without.create({ prompts: "rain", initImage: photo() }).state()).rejects.toThrow("that is edited");
  const { inputs } = await without.portable("decode", { prompts: "rain", size: [32, 24] }, "unet.data");
  expect(inputs.original?.shape).toEqual([1, 3, 24, 32]); // what is repainted
  const same = without.edit({ ...small, prompts: "a photo" }).then((other) => other.state());
  await expect(same).rejects.toThrow("sees no difference");
});

test("the patches of any latent go the way to several prompts as a step weighs them", async () => {
  const vq = await VqganClip.fromPretrained({ ...models, generator: "pixels" });
  const of = async (prompts: string) => {
    const run = await vq.edit({ ...small, prompts, learningRate: 0.05, steps: 1 });
    const shown: number[] = [];
    await run.toFinish({ onStep: ({ losses }) => shown.push(losses.direction as number) });
    await run.dispose();
    return shown[0] as number;
  };
  const [one, several] = [await of("rain"), await of("rain | fog:-0.5")]; // the second is left behind
  expect(several).not.toBeCloseTo(one, 3);
});

test("frames of a video go on from the way to paint that the frame before had", async () => {
  const vq = await VqganClip.fromPretrained(models);
  const { image: _, ...request } = { ...small, steps: 1 };
  const run = await createStyle(vq, photo(), { ...request, temporal: { smooth: 0.5 } });
  const pictures: NDArray[] = [];
  const latents: NDArray[] = [];
  for await (const { picture } of styleFrames(vq, run, [photo(), photo(2)])) {
    pictures.push(picture);
    latents.push(await run.latent());
  }
  await run.dispose();
  const farthest = (a: NDArray, b: NDArray) =>
    a.floats().reduce((most, value, i) => Math.max(most, Math.abs(value - b.at(i))), 0);
  const [before, after] = latents as [NDArray, NDArray];
  expect(farthest(before, after)).toBeGreaterThan(0);
  expect(farthest(before, after)).toBeLessThan(0.01); // a new random start would differ by .3 and more
  expect(farthest(...(pictures as [NDArray, NDArray]))).toBeGreaterThan(0.01);
});
