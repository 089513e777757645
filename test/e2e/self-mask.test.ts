/** A phrase finds the object it names, with the bundled pair; `npm run bench:self-mask` measures it over many scenes. */
import { beforeAll, expect, test } from "vitest";
import { NDArray, VqganClip } from "../../src/index.js";
import { doubtsAbout } from "../../src/masks/mask-doubts.js";
import { composeScenes, overlap, type Scene } from "../support/scenes.js";

/** Chance, a mask of everything, is below .15. */
const LEAST = 0.4;

let vq: VqganClip;
let scenes: Scene[];
beforeAll(async () => {
  vq = await VqganClip.fromPretrained({ threads: 1 });
  scenes = await composeScenes(5, 1);
});

const found = ({ mask }: { mask: NDArray }, object: Uint8Array) => overlap(mask.data as Uint8Array, object);

test("masks overlap with the objects that phrases name", async () => {
  let sum = 0;
  for (const { picture, phrase, object } of scenes) sum += found(await vq.findMask(picture, phrase), object);
  expect(sum / scenes.length).toBeGreaterThan(LEAST);
}, 600_000);

test("a mask that holds the thing is believed; one of a corner, of a speck or of nearly all is doubted", async () => {
  const [{ picture, phrase, object }] = scenes as [Scene];
  const mask = (isFree: (i: number) => boolean) =>
    new NDArray(
      "uint8",
      [128, 128],
      Uint8Array.from({ length: 128 * 128 }, (_, i) => (isFree(i) ? 255 : 0)),
    );
  const kinds = async (isFree: (i: number) => boolean) =>
    (await doubtsAbout(vq, picture, mask(isFree), phrase, { threads: 1 })).map(({ kind }) => kind);
  expect(await kinds((i) => object[i] === 1)).toEqual([]);
  const empty = [0, 32, 64, 96].flatMap((y) => [0, 32, 64, 96].map((x) => [x, y] as const)).find(([x, y]) =>
    Array.from({ length: 32 * 32 }, (_, i) => object[(y + Math.floor(i / 32)) * 128 + x + (i % 32)]).every((o) => o === 0),
  ) as readonly [number, number]; // biome-ignore format: one search
  const [x, y] = empty;
  expect(await kinds((i) => i % 128 >= x && i % 128 < x + 32 && i >= y * 128 && i < (y + 32) * 128)).toEqual([
    "elsewhere",
  ]);
  expect(await kinds((i) => i === object.indexOf(1))).toContain("small");
  expect(await kinds(() => true)).toContain("large");
}, 600_000);

test("the paper's recipe is its five steps: nearly all of a picture is above the mean minus two deviations", async () => {
  const [{ picture, phrase }] = scenes as [Scene];
  const { mask, likeness, doubts } = await vq.findMask(picture, phrase, { recipe: "paper" });
  const values = likeness.floats();
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  expect([values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))]).toEqual([0, 1]);
  const bytes = mask.data as Uint8Array;
  const odd = values.findIndex(
    (value, i) => Math.abs(value - mean + 2 * deviation) > 1e-4 && value > mean - 2 * deviation !== bytes[i]! > 0,
  );
  expect(odd).toBe(-1);
  expect(doubts).toContainEqual({
    kind: "large",
    share: expect.closeTo(bytes.filter(Boolean).length / bytes.length, 9),
  });
  await expect(vq.findMask(picture, phrase, { recipe: "paper", edges: true })).rejects.toMatchObject({
    code: "BAD_ARGUMENT",
  });
}, 600_000);

test("the picture's edges make the mask follow the object", async () => {
  const [{ picture, phrase, object }] = scenes as [Scene];
  const [plain, following] = [await vq.findMask(picture, phrase, { edges: false }), await vq.findMask(picture, phrase)];
  expect(found(following, object)).toBeGreaterThan(found(plain, object));
}, 600_000);
