import { zlibSync } from "fflate";
import sharp from "sharp";
import { expect, test } from "vitest";
import { crc32 } from "../core/crc32.js";
import { VqganClipError } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { decodePicture } from "./decode.js";
import { encodePng } from "./png.js";
import { concatenate, pngChunk, pngChunks } from "./png-chunks.js";
import { readPngText, writePngText } from "./png-text.js";

const small = encodePng(NDArray.zeros("float32", [3, 1, 1]));
const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
/** `small` with one chunk more behind IHDR. */
const withChunk = (type: string, data: Uint8Array) =>
  concatenate([small.subarray(0, 33), pngChunk(type, data), small.subarray(33)]);

test("a picture comes back to the nearest 1/255, smooth or noisy", async () => {
  const random = new Random(1);
  for (const [height, width] of [
    [1, 1],
    [5, 7],
    [32, 24],
  ] as const) {
    const values = Float32Array.from({ length: 3 * height * width }, (_, i) =>
      i % 2 ? random.uniform(-0.1, 1.1) : i / (3 * height * width),
    );
    const back = await decodePicture(encodePng(NDArray.float32([3, height, width], values)));
    expect(back.shape).toEqual([3, height, width]);
    const expected = values.map((value) => Math.round(Math.min(1, Math.max(0, value)) * 255) / 255);
    expect([...back.floats()]).toEqual([...expected]);
  }
});

test("smooth pictures are packed: a gradient takes a fraction of its pixels", () => {
  const gradient = Float32Array.from({ length: 3 * 64 * 64 }, (_, i) => ((i % 64) + (Math.floor(i / 64) % 64)) / 128);
  expect(encodePng(NDArray.float32([3, 64, 64], gradient)).length).toBeLessThan(1000);
});

test("the bytes are fixed", () => {
  expect(crc32(latin1("123456789"))).toBe(0xcbf43926);
  expect([...pngChunks(small)].map(({ type }) => type)).toEqual(["IHDR", "IDAT", "IEND"]);
  expect(encodePng(NDArray.zeros("float32", [3, 1, 1]))).toEqual(small);
});

test("only [3,H,W] of floats is a picture; bytes would be white", () => {
  expect(() => encodePng(NDArray.zeros("float32", [1, 4, 4]))).toThrow(
    /needs a picture \[3,H,W\] of floats, got float32\[1,4,4\]/,
  );
  expect(() => encodePng(NDArray.zeros("uint8", [3, 4, 4]))).toThrow("got uint8[3,4,4]");
});

test("text travels in any script, is replaced by keyword and leaves the pixels alone", async () => {
  const first = encodePng(NDArray.zeros("float32", [3, 2, 2]), { parameters: "塔 ü 🗼\nSteps: 3", other: "" });
  expect(readPngText(first)).toEqual({ parameters: "塔 ü 🗼\nSteps: 3", other: "" });
  const second = writePngText(first, { parameters: "new" });
  expect(readPngText(second)).toEqual({ parameters: "new", other: "" });
  expect((await decodePicture(second)).shape).toEqual([3, 2, 2]);
});

test("another program reads the text: libpng, through sharp", async () => {
  const packet = '<x:xmpmeta xmlns:x="adobe:ns:meta/"/>';
  const png = encodePng(NDArray.zeros("float32", [3, 2, 2]), {
    parameters: "塔 ü 🗼\nSteps: 3",
    "XML:com.adobe.xmp": packet,
  });
  const { comments, xmpAsString, width, height, channels, depth } = await sharp(png).metadata();
  expect(comments).toEqual([{ keyword: "parameters", text: "塔 ü 🗼\nSteps: 3" }]);
  expect(xmpAsString).toBe(packet);
  expect({ width, height, channels, depth }).toEqual({ width: 2, height: 2, channels: 3, depth: "uchar" });
});

test("damaged bytes are read or refused, never worse", () => {
  const random = new Random(3);
  const packed = concatenate([latin1("a\0\0"), zlibSync(latin1("hello hello hello"))]);
  const original = writePngText(withChunk("zTXt", packed), { parameters: "塔" });
  for (let round = 0; round < 500; round++) {
    const bytes = Uint8Array.from(original);
    for (let k = 0; k < 3; k++) bytes[random.integer(bytes.length)] = random.integer(256);
    const cut = random.chance(0.2) ? random.integer(bytes.length) : bytes.length;
    try {
      readPngText(writePngText(bytes.subarray(0, cut), { parameters: "new" }));
    } catch (error) {
      expect(error, `round ${round}`).toBeInstanceOf(VqganClipError);
    }
  }
});

test("the text of other programs is read: tEXt, zTXt, compressed iTXt", () => {
  expect(readPngText(withChunk("tEXt", latin1("Title\0caf\xe9 \x80")))).toEqual({ Title: "café \x80" });
  const packed = zlibSync(latin1("long \xfc"));
  expect(readPngText(withChunk("zTXt", concatenate([latin1("Comment\0\0"), packed])))).toEqual({ Comment: "long ü" });
  const utf8 = zlibSync(new TextEncoder().encode("塔"));
  expect(readPngText(withChunk("iTXt", concatenate([latin1("T\0\x01\0en\0Titel\0"), utf8])))).toEqual({ T: "塔" });
});

test("a text that unpacks beyond the limit is refused", () => {
  const bomb = zlibSync(new Uint8Array(64 * 2 ** 20));
  expect(() => readPngText(withChunk("zTXt", concatenate([latin1("a\0\0"), bomb])))).toThrow(
    /more than 16777216 bytes/,
  );
});

test.each<[string, Uint8Array, RegExp]>([
  ["no PNG", latin1("GIF89a.."), /not a PNG/],
  ["cut short", small.subarray(0, 40), /cut short at byte 40/],
  ["no keyword", withChunk("tEXt", latin1("abc")), /no end of its keyword/],
  ["no zlib", withChunk("zTXt", latin1("a\0\0xxxx")), /compressed text is damaged/],
  ["no UTF-8", withChunk("iTXt", latin1("a\0\0\0\0\0\xff")), /not UTF-8/],
  ["checksum", withChunk("tEXt", latin1("a\0b")).map((byte, i) => (i === 44 ? byte ^ 1 : byte)), /wrong checksum/],
])("damage: %s", (_, bytes, message) => {
  expect(() => readPngText(bytes)).toThrow(message);
});

test("damage to another text than what is asked for is no matter", () => {
  const damaged = writePngText(withChunk("zTXt", latin1("a\0\0xxxx")), { ours: "kept" });
  expect(() => readPngText(damaged)).toThrow(/damaged/);
  expect(readPngText(damaged, ["ours"])).toEqual({ ours: "kept" });
});

test.each(["", " a", "a ", "a  b", "a\nb", "塔", "k".repeat(80)])("%j is no keyword", (keyword) => {
  expect(() => writePngText(small, { [keyword]: "x" })).toThrow(/a keyword is 1 to 79/);
});
