/** Damage, 64-bit ZIP fields and what may be named, on small files made here or bent out of PyTorch's. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fixturePath } from "../../test/support/fixtures.js";
import { VqganClipError } from "../core/errors.js";
import { Random } from "../core/random.js";
import { MemorySource } from "./byte-source.js";
import { readTorchCheckpoint } from "./torch-checkpoint.js";
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
