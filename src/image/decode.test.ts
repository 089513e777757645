import sharp from "sharp";
import { expect, test } from "vitest";
import { VqganClipError } from "../core/errors.js";
import { Random } from "../core/random.js";
import { decodePicture } from "./decode.js";
import { concatenate, pngChunk } from "./png-chunks.js";

/** 2x1 pixels: red, and blue of the given opacity. */
const raw = (alpha = 255) =>
  sharp(Uint8Array.of(255, 0, 0, 255, 0, 0, 255, alpha), { raw: { width: 2, height: 1, channels: 4 } });
const pixels = async (bytes: Uint8Array) => [...(await decodePicture(bytes)).floats()].map((v) => Math.round(v * 255));

test("channels come apart, [3,H,W] in 0..1", async () => {
  const picture = await decodePicture(await raw().png().toBuffer());
  expect(picture.shape).toEqual([3, 1, 2]);
  expect([...picture.floats()]).toEqual([1, 0, 0, 0, 0, 1]);
});

test("transparency is laid on white", async () => {
  expect(await pixels(await raw(0).png().toBuffer())).toEqual([255, 255, 0, 255, 0, 255]);
});

test("of a mask, paint counts as far as it is opaque; an opacity that is the same everywhere says nothing", async () => {
  const mask = async (...pixels: (readonly [grey: number, alpha: number])[]) => {
    const data = Uint8Array.from(pixels.flatMap(([grey, alpha]) => [grey, grey, grey, alpha]));
    const png = await sharp(data, { raw: { width: pixels.length, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    const planes = (await decodePicture(png, "mask.png", { as: "mask" })).floats();
    return [...planes.subarray(0, pixels.length)].map((value) => Math.round(255 * value));
  };
  expect(await mask([255, 255], [255, 0], [255, 128], [0, 255])).toEqual([255, 0, 128, 0]); // a layer
  expect(await mask([255, 128], [0, 128])).toEqual([255, 0]);
  expect(await mask([255, 255], [0, 255])).toEqual([255, 0]);
  const grey = sharp(Uint8Array.of(255, 0), { raw: { width: 2, height: 1, channels: 1 } });
  const planes = await decodePicture(await grey.toColourspace("b-w").png().toBuffer(), "mask.png", { as: "mask" });
  expect([...planes.floats()]).toEqual([1, 0, 1, 0, 1, 0]);
});

test.each(["webp", "gif", "tiff", "avif", "jpeg"] as const)("%s is told by its content", async (format) => {
  const bytes = await sharp({ create: { width: 16, height: 8, channels: 3, background: "#4080c0" } })
    .toFormat(format)
    .toBuffer();
  const picture = await decodePicture(bytes);
  expect(picture.shape).toEqual([3, 8, 16]);
  expect(Math.abs(picture.at(0) * 255 - 0x40)).toBeLessThan(9);
  expect(Math.abs(picture.at(2 * 128) * 255 - 0xc0)).toBeLessThan(9);
});

test("grey, palette and 16-bit pictures become RGB", async () => {
  const grey = sharp(Uint8Array.of(128, 64), { raw: { width: 2, height: 1, channels: 1 } });
  const expected = [128, 64, 128, 64, 128, 64];
  expect(await pixels(await grey.clone().toColourspace("b-w").png().toBuffer())).toEqual(expected);
  expect(await pixels(await grey.clone().png({ palette: true }).toBuffer())).toEqual(expected);
  expect(await pixels(await grey.clone().toColourspace("rgb16").png().toBuffer())).toEqual(expected);
});

/** A PNG of one grey with another chunk behind its IHDR. */
async function claiming(type: string, data: readonly number[], grey = 128): Promise<Uint8Array> {
  const plain = await sharp(Uint8Array.of(grey, grey, grey), { raw: { width: 1, height: 1, channels: 3 } })
    .png()
    .toBuffer();
  return concatenate([plain.subarray(0, 33), pngChunk(type, Uint8Array.from(data)), plain.subarray(33)]);
}
const gamma = (value: number) => [0, value >> 16, (value >> 8) & 255, value & 255];

test("PNG's gamma is applied, where it is not sRGB's own", async () => {
  expect(await pixels(await claiming("gAMA", gamma(45455)))).toEqual([128, 128, 128]);
  expect(await pixels(await claiming("gAMA", gamma(100_000)))).toEqual([186, 186, 186]); // linear light
  expect(await pixels(await claiming("gAMA", gamma(55556)))).toEqual([145, 145, 145]); // 1.8, old Macs
  expect(await pixels(await claiming("gAMA", gamma(0)))).toEqual([128, 128, 128]);
  expect(await pixels(await claiming("gAMA", gamma(100_000), 255))).toEqual([255, 255, 255]);
});

test("code points of HDR and wide gamuts are refused in PNG and AVIF, sRGB's are read", async () => {
  expect(await pixels(await claiming("cICP", [1, 13, 0, 1]))).toEqual([128, 128, 128]);
  const refused = { code: "BAD_IMAGE", hint: "save it as sRGB, or with an ICC profile" };
  await expect(decodePicture(await claiming("cICP", [9, 16, 0, 1]))).rejects.toMatchObject({
    ...refused,
    message: "decodePicture(): picture cannot be read rightly: its values are PQ, not sRGB",
  });
  await expect(decodePicture(await claiming("cICP", [12, 13, 0, 1]))).rejects.toThrow(/Display P3/);
  const avif = await sharp({ create: { width: 16, height: 8, channels: 3, background: "#4080c0" } })
    .avif()
    .toBuffer();
  const said = Buffer.from("\0\0\0\x13colrnclx\0\x09\0\x12\0\0\x80", "latin1"); // BT.2020, HLG
  const hdr = concatenate([avif.subarray(0, 32), said, avif.subarray(32)]);
  await expect(decodePicture(hdr)).rejects.toMatchObject({ ...refused, message: expect.stringMatching(/HLG/) });
});

test("EXIF orientation is applied", async () => {
  const bytes = await raw().removeAlpha().jpeg().withMetadata({ orientation: 6 }).toBuffer();
  expect((await decodePicture(bytes)).shape).toEqual([3, 2, 1]);
});

test("a picture beyond the pixel limit is refused before it is decoded", async () => {
  const huge = await sharp({ create: { width: 10_000, height: 10_000, channels: 3, background: "white" } })
    .png()
    .toBuffer();
  await expect(decodePicture(huge, "huge.png")).rejects.toMatchObject({
    code: "OUT_OF_LIMITS",
    message: "decodePicture(): huge.png has 10000x10000 pixels, the limit is 50000000 in all",
  });
  const small = await raw().png().toBuffer();
  await expect(decodePicture(small, "small.png", { maxPixels: 1 })).rejects.toThrow(/limit is 1 /);
});

test.each<[string, Uint8Array]>([
  ["nothing", new Uint8Array(0)],
  ["text", Buffer.from("<!doctype html><title>Not found</title>")],
  ["a document", Buffer.from("%PDF-1.7\n")],
  ["another kind of picture", Buffer.from("P6 1 1 255\nabc")],
  ["a drawing", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>')],
])("%s is no picture", async (_, bytes) => {
  await expect(decodePicture(bytes, "in.png")).rejects.toMatchObject({
    code: "BAD_IMAGE",
    message: expect.stringMatching(/^decodePicture\(\): in.png is (empty|no picture)$/),
    hint: expect.stringContaining("PNG"),
  });
});

test.each(["png", "jpeg", "webp"] as const)("a %s cut in half is damaged", async (format) => {
  const noise = await sharp({
    create: {
      width: 64,
      height: 64,
      channels: 3,
      noise: { type: "gaussian", mean: 128, sigma: 60 },
      background: "red",
    },
  })
    .toFormat(format)
    .toBuffer();
  await expect(decodePicture(noise.subarray(0, noise.length / 2))).rejects.toMatchObject({ code: "BAD_IMAGE" });
});

test.each([
  [1, [3, 1, 2], true],
  [2, [3, 1, 2], false],
  [3, [3, 1, 2], false],
  [4, [3, 1, 2], true],
  [5, [3, 2, 1], true],
  [6, [3, 2, 1], true],
  [7, [3, 2, 1], false],
  [8, [3, 2, 1], false],
] as const)("orientation %i puts red where it belongs", async (orientation, shape, redFirst) => {
  const picture = await decodePicture(await raw().withMetadata({ orientation }).png().toBuffer());
  expect(picture.shape).toEqual(shape);
  expect(picture.at(0)).toBe(redFirst ? 1 : 0);
});

test("damage anywhere is told in one line, or read", async () => {
  const random = new Random(7);
  const original = await sharp({ create: { width: 16, height: 16, channels: 3, background: "red" } })
    .jpeg()
    .toBuffer();
  for (let round = 0; round < 60; round++) {
    const bytes = Uint8Array.from(original);
    for (let k = 0; k < 3; k++) bytes[random.integer(bytes.length)] = random.integer(256);
    const error = await decodePicture(bytes).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) continue;
    expect(error).toBeInstanceOf(VqganClipError);
    expect((error as VqganClipError).message).not.toContain("\n");
  }
});
