import { expect, test } from "vitest";
import { VqganClipError } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { MemorySource } from "./byte-source.js";
import { parseSafetensors, readSafetensors, writeSafetensors } from "./safetensors.js";

/** A file with this header text (an object becomes JSON) and `dataBytes` bytes of data. */
function file(header: unknown, dataBytes: number, claimedLength?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, claimedLength ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const f32 = (shape: unknown, begin: unknown, end: unknown) => ({ dtype: "F32", shape, data_offsets: [begin, end] });

function failure(bytes: Uint8Array): VqganClipError {
  try {
    parseSafetensors(bytes, "w.safetensors");
  } catch (error) {
    if (error instanceof VqganClipError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

test("what is written reads back, with its metadata", async () => {
  const arrays = {
    weight: NDArray.float32([2, 3], [1, 2, 3, 4, 5, 6]),
    "bias ü": NDArray.scalar(-0.5, "float16"),
    ids: NDArray.int64([2], [7, -8]),
    mask: NDArray.zeros("bool", [3]),
    none: NDArray.zeros("float32", [0, 4]),
  };
  const dict = parseSafetensors(writeSafetensors(arrays, { made_by: "test" }));
  expect(dict.metadata).toEqual(new Map([["made_by", "test"]]));
  expect(dict.names.sort()).toEqual(Object.keys(arrays).sort());
  for (const [name, array] of Object.entries(arrays)) expect(await dict.read(name)).toEqual(array);
});

test("equal arrays give equal bytes whatever their order, and every array is aligned", () => {
  const [a, b] = [NDArray.scalar(1, "uint8"), NDArray.scalar(2, "float64")];
  const bytes = writeSafetensors({ a, b }, { y: "1", x: "2" });
  expect(bytes).toEqual(writeSafetensors({ b, a }, { x: "2", y: "1" }));
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  expect(length % 8).toBe(0);
  expect(new TextDecoder().decode(bytes.subarray(8, 8 + length)).trim()).toBe(
    '{"__metadata__":{"x":"2","y":"1"},"b":{"dtype":"F64","shape":[],"data_offsets":[0,8]},' +
      '"a":{"dtype":"U8","shape":[],"data_offsets":[8,9]}}',
  );
});

test("arrays in memory share the bytes; bfloat16 is widened", async () => {
  const bytes = writeSafetensors({ w: NDArray.float32([1], [1]) });
  const { source } = parseSafetensors(bytes).get("w");
  expect(source.kind === "memory" && source.array.data.buffer === bytes.buffer).toBe(true);
  const half = file({ w: { dtype: "BF16", shape: [2], data_offsets: [0, 4] } }, 4);
  half.set([0x80, 0x3f, 0x20, 0xc0], half.length - 4);
  expect(await parseSafetensors(half).read("w")).toEqual(NDArray.float32([2], [1, -2.5]));
});

test("a Buffer whose data is not aligned is read all the same", async () => {
  const padded = Buffer.concat([Buffer.alloc(3), file({ w: f32([1], 0, 4) }, 4)]);
  expect(await parseSafetensors(padded.subarray(3)).read("w")).toEqual(NDArray.float32([1], [0]));
});

test("a source without a path is loaded", async () => {
  const dict = await readSafetensors(new MemorySource(writeSafetensors({ w: NDArray.float32([1], [3]) })));
  expect((await dict.read("w")).item()).toBe(3);
});

test.each<[string, Uint8Array, RegExp]>([
  ["empty", new Uint8Array(0), /0 bytes long/],
  ["huge header length", file({}, 0, 2n ** 63n), /claims a header of 9223372036854775808 bytes, the limit/],
  ["header longer than the file", file({}, 0, 1000n), /claims a header of 1000 bytes but is only 10 long/],
  ["no JSON", file("{]", 0), /not JSON/],
  ["no UTF-8", file("{}", 0).fill(0xff, 8), /not JSON/],
  ["no object", file([], 0), /must be a JSON object/],
  ["no entry", file({ w: 3 }, 0), /w: expected \{dtype, shape, data_offsets\}, found 3/],
  ["duplicate", file('{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0077":{}}', 0), /w: expected|"w" twice/],
  ["duplicate field", file('{"w":{"dtype":"F32","dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1), /"dtype" twice/],
  ["a dtype that is none", file({ w: { ...f32([1], 0, 4), dtype: 4 } }, 4), /w: dtype must be a name such as F32/],
  ["inherited dtype", file({ w: { ...f32([1], 0, 4), dtype: "toString" } }, 4), /must be a name .*found "toString"/],
  ["unknown dtype beyond the file", file({ w: { ...f32([1], 0, 8), dtype: "F8_E4M3" } }, 4), /w: ends at byte/],
  ["NaN shape", file({ w: f32([Number.NaN], 0, 4) }, 4), /w: shape must be a list of whole numbers, found \[null\]/],
  ["negative shape", file({ w: f32([-1, -1], 0, 4) }, 4), /w: shape/],
  ["fractional shape", file({ w: f32([0.5, 2], 0, 4) }, 4), /w: shape/],
  ["overflowing shape", file({ w: f32([2 ** 40, 2 ** 40], 0, 4) }, 4), /data_offsets give 4/],
  ["shape is text", file({ w: f32("1", 0, 4) }, 4), /w: shape/],
  ["backwards", file({ w: f32([1], 4, 0) }, 4), /begin <= end/],
  ["three offsets", file({ w: { ...f32([1], 0, 4), data_offsets: [0, 4, 4] } }, 4), /data_offsets/],
  ["wrong length", file({ w: f32([2], 0, 4) }, 4), /w: F32\[2\] needs 8 bytes, data_offsets give 4/],
  ["cut short", file({ w: f32([2], 0, 8) }, 4), /w: ends at byte \d+, the file at \d+/],
  ["overlap", file({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8), /b starts at byte \d+, inside a/],
  ["hole", file({ a: f32([1], 4, 8) }, 8), /4 bytes before a belong to no array/],
  ["rest", file({ a: f32([1], 0, 4) }, 8), /the last 4 bytes belong to no array/],
  ["metadata is no object", file({ __metadata__: "x" }, 0), /__metadata__ must be an object/],
  ["metadata is no text", file({ __metadata__: { a: 1 } }, 0), /metadata "a" is no text/],
])("%s is refused", (_, bytes, message) => {
  const error = failure(bytes);
  expect(error.code).toBe("BAD_FILE");
  expect(error.message).toMatch(message);
  expect(error.message).toContain("w.safetensors");
});

test("metadata that is null is none", () => {
  const dict = parseSafetensors(file({ __metadata__: null, w: f32([1], 0, 4) }, 4));
  expect(dict.names).toEqual(["w"]);
  expect(dict.metadata.size).toBe(0);
});

test("an array of a dtype that has no place here is an error for who asks for it alone", async () => {
  const dict = parseSafetensors(file({ w: f32([1], 0, 4), v: { ...f32([3], 4, 7), dtype: "F8_E4M3" } }, 7));
  expect((await dict.read("w")).item()).toBe(0);
  expect(dict.names).toEqual(["w"]);
  await expect(dict.read("v")).rejects.toMatchObject({
    code: "BAD_MODEL",
    message: expect.stringContaining("v is an array of F8_E4M3, which is not read"),
  });
});

test("a key named __proto__ is an array like any other", async () => {
  const dict = parseSafetensors(file('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4));
  expect(dict.names).toEqual(["__proto__"]);
});

test("a name that is not there is answered with what is", async () => {
  await expect(parseSafetensors(file({ w: f32([1], 0, 4) }, 4)).read("v")).rejects.toThrow(/has no "v"; it holds 1/);
});
