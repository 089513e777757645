/** Damage, 64-bit ZIP fields and what may be named, on small files made here or bent out of PyTorch's. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fixturePath } from "../../test/support/fixtures.js";
import { VqganClipError } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { type ByteSource, MemorySource } from "./byte-source.js";
import { writeSafetensors } from "./safetensors.js";
import { isCheckpoint, readTorchCheckpoint } from "./torch-checkpoint.js";
import { resolveTorchGlobal } from "./torch-globals.js";
import { locateZipEntry, readZipDirectory } from "./zip-directory.js";

test.each(["variety.ckpt", "variety-legacy.ckpt"])(
  "%s with damaged bytes is read or refused, never worse",
  async (name) => {
    const original = await readFile(fixturePath(`checkpoints/${name}`));
    const random = new Random(5);
    for (let round = 0; round < 400; round++) {
      const bytes = Uint8Array.from(original);
      for (let k = 0; k < 3; k++) bytes[random.integer(bytes.length)] = random.integer(256);
      const cut = random.chance(0.2) ? random.integer(bytes.length) : bytes.length;
      try {
        await readTorchCheckpoint(new MemorySource(bytes.subarray(0, cut)));
      } catch (error) {
        expect(error, `round ${round}: ${error instanceof Error ? error.stack : ""}`).toBeInstanceOf(VqganClipError);
      }
    }
  },
);

/** A one-entry ZIP whose sizes and offsets are all in 64-bit fields, as torch writes beyond 4 GB. */
function wideZip(name: string, data: string): Uint8Array {
  const bytes = Buffer.alloc(400);
  let at = bytes.writeUInt32LE(0x04034b50, 0);
  bytes.writeUInt16LE(name.length, 26);
  bytes.writeUInt16LE(5, 28); // an extra field of padding
  at = 30 + bytes.write(name, 30) + 5;
  at += bytes.write(data, at);
  const directory = at;
  bytes.writeUInt32LE(0x02014b50, at);
  bytes.writeUInt32LE(0xffffffff, at + 20);
  bytes.writeUInt32LE(0xffffffff, at + 24);
  bytes.writeUInt16LE(name.length, at + 28);
  bytes.writeUInt16LE(28, at + 30);
  bytes.writeUInt32LE(0xffffffff, at + 42);
  at += 46 + bytes.write(name, at + 46);
  bytes.writeUInt16LE(1, at);
  bytes.writeUInt16LE(24, at + 2);
  bytes.writeBigUInt64LE(BigInt(data.length), at + 4);
  bytes.writeBigUInt64LE(BigInt(data.length), at + 12);
  bytes.writeBigUInt64LE(0n, at + 20);
  at += 28;
  const end = at;
  bytes.writeUInt32LE(0x06064b50, at);
  bytes.writeBigUInt64LE(1n, at + 32);
  bytes.writeBigUInt64LE(BigInt(end - directory), at + 40);
  bytes.writeBigUInt64LE(BigInt(directory), at + 48);
  at += 56;
  bytes.writeUInt32LE(0x07064b50, at);
  bytes.writeBigUInt64LE(BigInt(end), at + 8);
  at += 20;
  bytes.writeUInt32LE(0x06054b50, at);
  bytes.writeUInt16LE(0xffff, at + 10);
  bytes.writeUInt32LE(0xffffffff, at + 12);
  bytes.writeUInt32LE(0xffffffff, at + 16);
  return bytes.subarray(0, at + 22);
}

test("64-bit ZIP fields are understood", async () => {
  const source = new MemorySource(wideZip("a/data.pkl", "hello"));
  const entry = (await readZipDirectory(source)).get("a/data.pkl");
  expect(entry).toMatchObject({ size: 5, header: 0, stored: true });
  const offset = await locateZipEntry(source, entry as NonNullable<typeof entry>);
  expect(Buffer.from(await source.read(offset, 5)).toString()).toBe("hello");
});

test.each([
  ["os", "system"],
  ["posix", "system"],
  ["nt", "system"],
  ["subprocess", "Popen"],
  ["builtins", "getattr"],
  ["__builtin__", "exec"],
  ["importlib", "import_module"],
  ["collections", "abc.sys.modules"],
  ["collections", "OrderedDict.__init__.__globals__"],
  ["numpy.testing._private.utils", "runstring"],
  ["torch", "load"],
  ["torch.storage", "_load_from_bytes"],
  ["torch.serialization", "load"],
  ["operator", "attrgetter"],
])("%s.%s is refused by name", (module, name) => {
  expect(() => resolveTorchGlobal(module, name)).toThrow(`${module}.${name}`);
});

test.each([
  ["pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint"],
  ["omegaconf.dictconfig", "DictConfig"],
  ["numpy.core.multiarray", "scalar"],
  ["argparse", "Namespace"],
  ["pathlib", "PosixPath"],
  ["torch", "float32"],
  ["torch", "bfloat16"],
  ["torch", "uint16"],
  ["torch", "float8_e4m3fn"],
  ["torch", "quint4x2"],
  ["torch", "device"],
  ["torch", "contiguous_format"],
  ["torch.optim.lr_scheduler", "LambdaLR"],
  ["torch.storage", "TypedStorage"],
  ["my_project.model", "Outer.Inner"],
])("%s.%s is an inert name", (module, name) => {
  expect(resolveTorchGlobal(module, name).call).toBeUndefined();
});

/** A legacy checkpoint: this pickled value (one byte a character, without STOP), storage "0" of four float32 behind it. */
function legacy(value: string, { key = "0", count = 4 } = {}): ByteSource {
  const head =
    "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03." + "\x80\x02}U\x0dlittle_endian\x88s.";
  const text = `${head}\x80\x02${value}.\x80\x02](U${String.fromCharCode(key.length)}${key}e.`;
  const storage = Buffer.alloc(8 + 16);
  storage.writeBigInt64LE(BigInt(count));
  for (let i = 0; i < 4; i++) storage.writeFloatLE(i + 0.5, 8 + 4 * i);
  return new MemorySource(Buffer.concat([Buffer.from(text, "latin1"), storage]), "made.ckpt");
}

const int32 = (value: number) => `J${String.fromCharCode(...new Uint8Array(Int32Array.of(value).buffer))}`;
const storageId = (type: string, count: number) => `(U\x07storagectorch\n${type}\nU\x010U\x03cpu${int32(count)}tQ`;
/** What rebuilds a tensor gets (storage, 0, shape and strides), the latter as one piece of pickle. */
const tensor = (shape: string, storage = storageId("FloatStorage", 4)) =>
  `ctorch._utils\n_rebuild_tensor_v2\n(${storage}K\x00${shape}tR`;
const vector = (count: number, storage?: string) => tensor(`${int32(count)}\x85K\x01\x85`, storage);
const dict = (...items: string[]) => `}(${items.map((item, i) => `U\x01${"abcdefgh"[i]}${item}`).join("")}u`;

test("a legacy file made by hand is read", async () => {
  const read = await readTorchCheckpoint(legacy(dict(vector(4))));
  expect([...(await read.read("a")).floats()]).toEqual([0.5, 1.5, 2.5, 3.5]);
});

test("doubles stay doubles, in the file", async () => {
  const read = await readTorchCheckpoint(legacy(dict(vector(2, storageId("DoubleStorage", 2))), { count: 2 }));
  expect(read.get("a")).toMatchObject({ dtype: "float64", shape: [2] });
});

test("one storage described in two ways, the larger one beyond the file, is refused", async () => {
  const lying = dict(vector(4000, storageId("FloatStorage", 4000)), vector(4));
  await expect(readTorchCheckpoint(legacy(lying))).rejects.toThrow(/storage 0 is described in two ways/);
});

test("a safetensors file whose header length begins like a pickle is no checkpoint", async () => {
  const files = Array.from({ length: 700 }, (_, n) => writeSafetensors({ a: NDArray.scalar(1) }, { x: "y".repeat(n) }));
  const lookalikes = files.filter(([first, second]) => first === 0x80 && second === 2);
  expect(lookalikes.length).toBeGreaterThan(0);
  for (const bytes of lookalikes) expect(await isCheckpoint(new MemorySource(bytes))).toBe(false);
});

/** An object of a class that the archive defines, with these attributes. */
const moduleOf = (attributes: string) => `c__torch__.net\nNet\n)\x81q\x09${attributes}b`;

test("a TorchScript module's tensors have dotted names", async () => {
  const inner = `c__torch__.net\nInner\n)\x81${dict(vector(4))}b`;
  const read = await readTorchCheckpoint(legacy(moduleOf(dict("\x88", inner))));
  expect(read.names).toEqual(["b.a"]);
  expect(read.metadata.get("format")).toBe("torchscript");
});

/** Lists of ten of the last, `depth` deep; written out they have 10^depth items. */
const nested = (depth: number) => {
  const level = (i: number) => `](${`h${String.fromCharCode(i)}`.repeat(10)}eq${String.fromCharCode(i + 1)}`;
  return `]q\x00${Array.from({ length: depth }, (_, i) => `${level(i)}0`).join("")}h${String.fromCharCode(depth)}`;
};
const pairs = `K\x01K\x02\x86q\x00](${"h\x00".repeat(50_000)}eq\x010`;

test.each<[string, string, RegExp]>([
  [
    "lists copied again and again",
    `${pairs}](${"c__builtin__\nlist\nh\x01\x85R".repeat(500)}e`,
    /items handed to calls/,
  ],
  [
    "dicts made again and again",
    `${pairs}](${"ccollections\nOrderedDict\nh\x01\x85R".repeat(500)}e`,
    /handed to calls/,
  ],
  [
    "a storage whose kind is lists without end",
    `${nested(20)}q\x630(h\x63ctorch\nFloatStorage\ntQ`,
    /begins with an object/,
  ],
  ["a module inside itself", moduleOf(dict("h\x09", vector(4))), /within each other/],
  [
    "a storage whose key is",
    `${nested(20)}q\x630(U\x07storagectorch\nFloatStorage\nh\x63K\x00K\x04tQ`,
    /key an object/,
  ],
  ["a shape of a million axes", dict(tensor(`](${"K\x01".repeat(1e6)}eq\x05h\x05`)), /at most 32/],
  [
    "a rebuilder inside itself",
    `ctorch._tensor\n_rebuild_from_type_v2\nq\x000${"h\x00N".repeat(1e5)})${"\x87".repeat(1e5)}q\x010h\x00h\x01R`,
    /storage 0 is used by no tensor/,
  ],
])("%s: refused at once", async (_, value, message) => {
  const start = performance.now();
  await expect(readTorchCheckpoint(legacy(value))).rejects.toThrow(message);
  expect(performance.now() - start).toBeLessThan(5000);
});
