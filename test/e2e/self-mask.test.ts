/** A phrase finds the object it names, with the bundled pair; `npm run bench:self-mask` measures it over many scenes. */
import { beforeAll, expect, test } from "vitest";
import { type NDArray, VqganClip } from "../../src/index.js";
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

test("the picture's edges make the mask follow the object", async () => {
  const [{ picture, phrase, object }] = scenes as [Scene];
  const [plain, following] = [await vq.findMask(picture, phrase, { edges: false }), await vq.findMask(picture, phrase)];
  expect(found(following, object)).toBeGreaterThan(found(plain, object));
}, 600_000);
