/**
 * PyTorch checkpoints (`.ckpt .pt .pth .bin`) as a StateDict: the ZIP form of torch 1.6 and later, and the legacy form.
 * The description is read by an unpickler that can run nothing; the numbers stay where they are in the file.
 */
import { requires, VqganClipError } from "../core/errors.js";
import type { ByteSource } from "./byte-source.js";
import { MemoryBudget } from "./element-type.js";
import { type PickleResult, unpickle } from "./pickle.js";
import { PickleTruncated } from "./pickle-reader.js";
import { type PickleDict, Placeholder, ScriptObject } from "./pickle-values.js";
import { StateDict, type WeightEntry } from "./state-dict.js";
import { loadTorchStorage, resolveTorchGlobal } from "./torch-globals.js";
import { StorageRef, TensorRef, tensorEntry } from "./torch-tensor.js";
import { locateZipEntry, readZipDirectory } from "./zip-directory.js";

const PICKLE_LIMIT = 256 * 2 ** 20;
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;
const MODULE_LIMIT = 100_000;
const MODULE_DEPTH_LIMIT = 64;
const MODULE_NAME_LIMIT = 1000;
const NOT_A_CHECKPOINT = "the file may be an unfinished download, a Git LFS pointer or a web page: fetch it again";

/** What a checkpoint says, and where its storages lie. */
interface Described {
  readonly value: unknown;
  /** The absolute offset of a storage. Throws BAD_FILE when the file does not hold it whole. */
  readonly locate: (storage: StorageRef) => Promise<number>;
}

/** Whether the bytes begin as a torch checkpoint does (and not as a safetensors header whose length looks like one). */
export async function isCheckpoint(source: ByteSource): Promise<boolean> {
  return (await form(source)) !== undefined;
}

/**
 * The state dict of a checkpoint: the value under `state_dict`, the whole value when it is a dict of tensors, or the
 * parameters and buffers of a TorchScript module (`format` in the metadata is then "torchscript").
 * Throws BAD_FILE for anything damaged, lying or asking for code, OUT_OF_LIMITS for what is out of proportion.
 */
export async function readTorchCheckpoint(source: ByteSource): Promise<StateDict> {
  const kind = await form(source);
  requires(
    kind,
    "BAD_FILE",
    () => `openTorchCheckpoint(): ${source.name} is neither a ZIP nor a legacy checkpoint of torch`,
    NOT_A_CHECKPOINT,
  );
  const { value, locate } = await (kind === "zip" ? describeZip(source) : describeLegacy(source));
  const budget = new MemoryBudget("openTorchCheckpoint", source.size);
  const entries = new Map<string, WeightEntry>();
  const unreadable = new Map<string, string>();
  for (const [name, tensor] of findStateDict(source.name, value)) {
    if (typeof name !== "string") continue;
    if (tensor instanceof Placeholder) unreadable.set(name, tensor.type);
    if (!(tensor instanceof TensorRef)) continue;
    entries.set(name, await tensorEntry(name, tensor, source, await locate(tensor.storage), budget));
  }
  const metadata = value instanceof ScriptObject ? [["format", "torchscript"] as const] : [];
  return new StateDict(entries, new Map(metadata), source, unreadable);
}

function findStateDict(file: string, value: unknown): PickleDict {
  const holdsTensors = (dict: unknown) => dict instanceof Map && [...dict.values()].some((v) => v instanceof TensorRef);
  const inner = value instanceof Map ? value.get("state_dict") : undefined;
  if (holdsTensors(inner)) return inner as PickleDict;
  if (holdsTensors(value)) return value as PickleDict;
  if (value instanceof ScriptObject) return moduleTensors(file, value);
  const found =
    value instanceof Map ? `a dict with the keys ${[...value.keys()].slice(0, 5).map(show).join(", ")}` : show(value);
  throw new VqganClipError(
    "BAD_FILE",
    `openTorchCheckpoint(): ${file} must hold a state_dict or be a dict of tensors, found ${found}`,
    "write it with torch.save(model.state_dict(), path)",
  );
}

/** Tensors of a module and those in it, by their dotted names. */
function moduleTensors(file: string, root: ScriptObject): PickleDict {
  const tensors: PickleDict = new Map();
  let modules = 0;
  const walk = (module: ScriptObject, prefix: string, depth: number): void => {
    requires(
      ++modules <= MODULE_LIMIT && depth <= MODULE_DEPTH_LIMIT && prefix.length <= MODULE_NAME_LIMIT,
      "OUT_OF_LIMITS",
      () =>
        `openTorchCheckpoint(): ${file}: over ${MODULE_LIMIT} modules, over ${MODULE_DEPTH_LIMIT} within each other, ` +
        `or a name of over ${MODULE_NAME_LIMIT} characters`,
    );
    for (const [name, value] of module.attributes) {
      if (value instanceof TensorRef) tensors.set(`${prefix}${name}`, value);
      else if (value instanceof ScriptObject) walk(value, `${prefix}${name}.`, depth + 1);
    }
  };
  walk(root, "", 1);
  return tensors;
}

function show(value: unknown): string {
  if (typeof value === "string") return value.slice(0, 40);
  return value instanceof Placeholder ? `an object of ${value.type}` : value === null ? "None" : `a ${typeof value}`;
}

async function form(source: ByteSource): Promise<"zip" | "legacy" | undefined> {
  const head = await source.read(0, Math.min(9, source.size));
  if (head[8] === 0x7b) return undefined; // "{": the first eight bytes are the length of a safetensors header
  if (head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4) return "zip";
  return head[0] === 0x80 && (head[1] as number) >= 2 && (head[1] as number) <= 5 ? "legacy" : undefined;
}

async function describeZip(source: ByteSource): Promise<Described> {
  const directory = await readZipDirectory(source);
  const entry = [...directory.values()].find(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  requires(
    entry,
    "BAD_FILE",
    () => `openTorchCheckpoint(): ${source.name} is a ZIP without data.pkl, no checkpoint of torch`,
    NOT_A_CHECKPOINT,
  );
  requires(
    entry.size <= PICKLE_LIMIT,
    "OUT_OF_LIMITS",
    () => `openTorchCheckpoint(): ${source.name}: ${entry.name} has ${entry.size} bytes, the limit is ${PICKLE_LIMIT}`,
  );
  const root = entry.name.slice(0, -"data.pkl".length);
  const order = directory.get(`${root}byteorder`);
  if (order && order.size < 16) {
    const text = new TextDecoder().decode(await source.read(await locateZipEntry(source, order), order.size));
    requireLittle(source, text === "little");
  }
  const bytes = await source.read(await locateZipEntry(source, entry), entry.size);
  const { value } = unpickle(bytes, { resolve: resolveTorchGlobal, loadPersistent: loadTorchStorage });
  const located = new Map<string, number>();
  const locate = async ({ key, count, type }: StorageRef): Promise<number> => {
    const record = directory.get(`${root}data/${key}`);
    requires(record, "BAD_FILE", () => `openTorchCheckpoint(): ${source.name} has no record for storage ${show(key)}`);
    requires(
      count * type.bytes <= record.size,
      "BAD_FILE",
      () =>
        `openTorchCheckpoint(): ${source.name}: storage ${key} claims ${count * type.bytes} bytes, holds ${record.size}`,
    );
    const offset = located.get(key) ?? (await locateZipEntry(source, record));
    located.set(key, offset);
    return offset;
  };
  return { value, locate };
}

/** Pickles of magic number, protocol, system, value and storage keys; then, per key, a count and the elements. */
async function describeLegacy(source: ByteSource): Promise<Described> {
  const known = new Map<string, StorageRef>();
  const loadPersistent = (id: unknown) => {
    const storage = loadTorchStorage(id);
    if (storage instanceof StorageRef) known.set(storage.key, storage);
    return storage;
  };
  const [magic, protocol, system, value, keys] = await readPickles(source, 5, loadPersistent);
  requires(
    magic?.value === LEGACY_MAGIC && protocol?.value === LEGACY_PROTOCOL && value && keys,
    "BAD_FILE",
    () => `openTorchCheckpoint(): ${source.name} is a pickle, but not one that torch.save wrote`,
    "write it with torch.save(model.state_dict(), path)",
  );
  requireLittle(source, system?.value instanceof Map && system.value.get("little_endian") === true);
  const located = new Map<unknown, number>();
  let at = keys.end;
  for (const key of Array.isArray(keys.value) ? keys.value : []) {
    const storage = known.get(key as string);
    requires(
      storage,
      "BAD_FILE",
      () => `openTorchCheckpoint(): ${source.name}: storage ${show(key)} is used by no tensor`,
    );
    const head = await source.read(at, 8);
    const count = new DataView(head.buffer, head.byteOffset).getBigInt64(0, true);
    const end = at + 8 + storage.count * storage.type.bytes;
    requires(
      count === BigInt(storage.count) && end <= source.size,
      "BAD_FILE",
      () =>
        `openTorchCheckpoint(): ${source.name}: storage ${key} claims ${storage.count} elements; ` +
        `the file has ${count} and ${source.size - at - 8} bytes`,
      "the file is cut short: fetch it again",
    );
    located.set(key, at + 8);
    at = end;
  }
  const locate = async ({ key, count, type }: StorageRef): Promise<number> => {
    const offset = located.get(key);
    const storage = known.get(key);
    requires(
      offset !== undefined && storage,
      "BAD_FILE",
      () => `openTorchCheckpoint(): ${source.name} lacks storage ${show(key)}`,
    );
    requires(
      count === storage.count && type === storage.type,
      "BAD_FILE",
      () => `openTorchCheckpoint(): ${source.name}: storage ${show(key)} is described in two ways`,
    );
    return offset;
  };
  return { value: value.value, locate };
}

/** The first `count` pickles; their length is unknown beforehand, so a growing window of the file is read. */
async function readPickles(
  source: ByteSource,
  count: number,
  loadPersistent: (id: unknown) => unknown,
): Promise<PickleResult[]> {
  for (let window = 2 ** 20; ; window *= 8) {
    const size = Math.min(window, source.size, PICKLE_LIMIT);
    const bytes = await source.read(0, size);
    try {
      const results: PickleResult[] = [];
      while (results.length < count) {
        const start = results.at(-1)?.end ?? 0;
        results.push(unpickle(bytes, { resolve: resolveTorchGlobal, loadPersistent, start }));
        if (results.length === 1 && results[0]?.value !== LEGACY_MAGIC) return results;
      }
      return results;
    } catch (error) {
      if (!(error instanceof PickleTruncated) || size === source.size || size === PICKLE_LIMIT) throw error;
    }
  }
}

function requireLittle(source: ByteSource, little: boolean): void {
  requires(
    little,
    "BAD_FILE",
    () => `openTorchCheckpoint(): ${source.name} holds big-endian numbers, only little-endian ones can be read`,
    "save it again on a little-endian machine",
  );
}
