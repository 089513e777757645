import sharp from "sharp";
import { expect, test } from "vitest";
import { decodePicture } from "../image/decode.js";
import { imageTargets } from "./uploads.js";

const node = { decode: decodePicture };

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "red" } })
    .png()
    .toBuffer();

test("image prompts: one entry for each picture, or none at all", async () => {
  const [a, b] = [await picture(8, 8), await picture(9, 8)];
  expect(await imageTargets(node, undefined, [a, b])).toEqual([
    { kind: "image", image: a },
    { kind: "image", image: b },
  ]);
  expect(await imageTargets(node, [{ weight: -0.5, stop: 0.1 }, { views: "fresh" }], [a, b])).toEqual([
    { kind: "image", image: a, weight: -0.5, stop: 0.1 },
    { kind: "image", image: b, views: "fresh" },
  ]);
  expect(await imageTargets(node, undefined)).toEqual([]);
  await expect(imageTargets(node, [{}], [a, b])).rejects.toThrow("imagePrompts: 1 entries for 2 pictures");
  await expect(imageTargets(node, [{}])).rejects.toThrow("imagePrompts: 1 entries for 0 pictures");
});

test("image prompts that are no pictures, or too large together, are refused", async () => {
  const large = await picture(4000, 3200);
  await expect(imageTargets(node, undefined, [new Uint8Array(3)])).rejects.toMatchObject({ code: "BAD_IMAGE" });
  await expect(imageTargets(node, undefined, [large, large])).rejects.toMatchObject({ code: "OUT_OF_LIMITS" });
});
