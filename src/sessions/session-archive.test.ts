/** Sessions with damaged, swollen or endless entries, made of ZIPs by hand. */
import { strToU8, zipSync } from "fflate";
import { expect, test } from "vitest";
import { NDArray } from "../core/ndarray.js";
import { writeSafetensors } from "../weights/safetensors.js";
import { arraysOf, jsonOf, unzip } from "./session-archive.js";

const arrays = writeSafetensors({ z: NDArray.float32([64], new Float32Array(64).fill(0.5)) });
const files = {
  "manifest.json": strToU8(JSON.stringify({ format: "vqclip", text: "compressed ".repeat(20) })),
  "node-1.safetensors": [arrays, { level: 0 }],
  "image.png": [new Uint8Array(300).fill(7), { level: 0 }],
} as const;

const dataOf = (zip: Uint8Array, name: string): number => {
  const at = Buffer.from(zip).indexOf(name);
  const view = new DataView(zip.buffer, zip.byteOffset);
  return at + name.length + view.getUint16(at - 2, true);
};

test.each(Object.keys(files))("one byte of %s changed: it is called damaged by name", async (name) => {
  const zip = zipSync(files as never);
  for (const offset of [3, 40]) {
    const bytes = zip.slice();
    const at = dataOf(zip, name) + offset;
    bytes[at] = (bytes[at] as number) ^ 0xff;
    await expect(unzip(bytes)).rejects.toMatchObject({
      code: "BAD_FILE",
      message: expect.stringContaining(`${name} is damaged`),
    });
  }
});

test("what is whole is read, also as another program would pack it", async () => {
  for (const level of [0, 9] as const) {
    const entries = await unzip(
      zipSync({ "manifest.json": files["manifest.json"], "node-1.safetensors": arrays }, { level }),
    );
    expect(jsonOf(entries, "manifest.json")).toMatchObject({ format: "vqclip" });
    expect((await arraysOf(entries, "node-1.safetensors")).z?.at(5)).toBe(0.5);
  }
});

test("a file without an end, or of another kind, is no session", async () => {
  const zip = zipSync(files as never);
  await expect(unzip(zip.subarray(0, -30))).rejects.toThrow(/not a readable .vqclip \(ZIP\) file: .*cut short/);
  await expect(unzip(strToU8("GIF89a"))).rejects.toThrow(/not a readable .vqclip/);
});

test("entries that swell are refused before they are unpacked", async () => {
  const swelling = zipSync({ "manifest.json": new Uint8Array(1000) }, { level: 6 });
  const directory = Buffer.from(swelling).lastIndexOf("PK\u0001\u0002");
  new DataView(swelling.buffer, swelling.byteOffset).setUint32(directory + 24, 2 ** 28, true);
  await expect(unzip(swelling)).rejects.toMatchObject({ code: "OUT_OF_LIMITS" });
  const large = 2 ** 24 + 1;
  const brackets = new Map([["manifest.json", new Uint8Array(large).fill(0x5b)]]);
  expect(() => jsonOf(brackets, "manifest.json")).toThrow(`manifest.json has ${large} bytes`);
});

test("a node of thousands of arrays is refused", async () => {
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`a${i}`, NDArray.zeros("uint8", [0])]));
  const entries = await unzip(zipSync({ "node-1.safetensors": writeSafetensors(many) }));
  await expect(arraysOf(entries, "node-1.safetensors")).rejects.toThrow(/holds 5000 arrays/);
});
