/** The header of a `.safetensors` file: read with limits, and believed only as far as it agrees with the file. */
import { requires, VqganClipError } from "../core/errors.js";
import { type Shape, sizeOf } from "../core/shape.js";
import { shown } from "../core/shown.js";
import { type ElementType, elementTypes } from "./element-type.js";

/** Element types by the format's names. */
export const safetensorsTypes: Readonly<Record<string, ElementType>> = {
  F64: elementTypes.float64,
  F32: elementTypes.float32,
  F16: elementTypes.float16,
  BF16: elementTypes.bfloat16,
  I64: elementTypes.int64,
  I32: elementTypes.int32,
  I16: elementTypes.int16,
  I8: elementTypes.int8,
  U8: elementTypes.uint8,
  BOOL: elementTypes.bool,
};

interface Range {
  readonly name: string;
  /** From the start of the file. */
  readonly offset: number;
  readonly length: number;
}

export interface SafetensorsRecord extends Range {
  readonly type: ElementType;
  readonly shape: Shape;
}

export interface SafetensorsHeader {
  readonly records: readonly SafetensorsRecord[];
  /** Arrays of types that have no place here (float8, complex64 and whatever else is new), and the format's name of each. */
  readonly unreadable: ReadonlyMap<string, string>;
  readonly metadata: ReadonlyMap<string, string>;
}

const HEADER_LIMIT = 100_000_000;
const RANK_LIMIT = 32;
const INCOMPLETE = "the file may be an unfinished download, a Git LFS pointer or a web page: fetch it again";

/** The header's length in bytes, from the file's first eight. Throws BAD_FILE when it cannot be true. */
export function headerLength(name: string, prefix: Uint8Array, fileSize: number): number {
  const reject = (what: string) => new VqganClipError("BAD_FILE", `openSafetensors(): ${name} ${what}`, INCOMPLETE);
  if (fileSize < 10) throw reject(`is ${fileSize} bytes long, too short for a safetensors file`);
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length > HEADER_LIMIT) throw reject(`claims a header of ${length} bytes, the limit is ${HEADER_LIMIT}`);
  if (Number(length) + 8 > fileSize) throw reject(`claims a header of ${length} bytes but is only ${fileSize} long`);
  return Number(length);
}

/**
 * Checks the header against itself and the file: whole-number shapes, and byte ranges that match their shapes (where the
 * dtype is a known one) and tile the rest of the file without hole or overlap. Throws BAD_FILE, naming file, array and what came.
 */
export function parseHeader(name: string, header: Uint8Array, fileSize: number): SafetensorsHeader {
  const dataStart = 8 + header.byteLength;
  const fields = parseObject(name, header);
  const metadata = new Map<string, string>();
  const records: SafetensorsRecord[] = [];
  const ranges: Range[] = [];
  const unreadable = new Map<string, string>();
  for (const [key, value] of Object.entries(fields)) {
    if (key === "__metadata__") {
      if (value === null) continue; // some writers' way to say that there is none
      requires(isObject(value), "BAD_FILE", () => `openSafetensors(): ${name}: __metadata__ must be an object`);
      for (const [label, text] of Object.entries(value)) {
        requires(
          typeof text === "string",
          "BAD_FILE",
          () => `openSafetensors(): ${name}: metadata "${label}" is no text`,
        );
        metadata.set(label, text);
      }
    } else {
      const { type, dtype, shape, ...range } = parseRecord(name, key, value, dataStart, fileSize);
      ranges.push(range);
      if (type) records.push({ ...range, type, shape });
      else unreadable.set(key, `an array of ${dtype}`);
    }
  }
  requireTiling(name, ranges, dataStart, fileSize);
  return { records, unreadable, metadata };
}

function parseObject(name: string, header: Uint8Array): Record<string, unknown> {
  let fields: unknown;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header);
    fields = JSON.parse(text);
  } catch (cause) {
    throw new VqganClipError("BAD_FILE", `openSafetensors(): ${name}: the header is not JSON`, INCOMPLETE, { cause });
  }
  requires(isObject(fields), "BAD_FILE", () => `openSafetensors(): ${name}: the header must be a JSON object`);
  const duplicate = duplicateKey(text);
  requires(
    duplicate === undefined,
    "BAD_FILE",
    () => `openSafetensors(): ${name}: the header names "${duplicate}" twice`,
  );
  return fields;
}

function parseRecord(
  file: string,
  name: string,
  value: unknown,
  dataStart: number,
  fileSize: number,
): Range & { readonly type: ElementType | undefined; readonly dtype: string; readonly shape: Shape } {
  const reject = (what: string, hint?: string) =>
    new VqganClipError("BAD_FILE", `openSafetensors(): ${file}: ${name}: ${what}`, hint);
  if (!isObject(value)) throw reject(`expected {dtype, shape, data_offsets}, found ${shown(value)}`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !/^[A-Z]\w{0,31}$/.test(dtype)) {
    throw reject(`dtype must be a name such as F32, found ${shown(dtype)}`);
  }
  const type = Object.hasOwn(safetensorsTypes, dtype) ? safetensorsTypes[dtype] : undefined;
  if (!isSizes(shape) || shape.length > RANK_LIMIT) {
    throw reject(`shape must be a list of whole numbers, found ${shown(shape)}`);
  }
  if (!isSizes(offsets) || offsets.length !== 2 || (offsets[0] as number) > (offsets[1] as number)) {
    throw reject(`data_offsets must be [begin, end] with begin <= end, found ${shown(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  if (dataStart + end > fileSize) {
    throw reject(`ends at byte ${dataStart + end}, the file at ${fileSize}`, "the file is cut short: fetch it again");
  }
  const needed = type ? sizeOf(shape) * type.bytes : end - begin;
  if (needed !== end - begin)
    throw reject(`${dtype}[${shape}] needs ${needed} bytes, data_offsets give ${end - begin}`);
  return { name, type, dtype, shape, offset: dataStart + begin, length: end - begin };
}

function requireTiling(file: string, records: readonly Range[], dataStart: number, fileSize: number): void {
  let end = dataStart;
  let previous = "the header";
  for (const { name, offset, length } of [...records].sort((a, b) => a.offset - b.offset || a.length - b.length)) {
    requires(
      offset >= end,
      "BAD_FILE",
      () => `openSafetensors(): ${file}: ${name} starts at byte ${offset}, inside ${previous}, which ends at ${end}`,
    );
    requires(
      offset === end,
      "BAD_FILE",
      () => `openSafetensors(): ${file}: ${offset - end} bytes before ${name} belong to no array`,
    );
    end = offset + length;
    previous = name;
  }
  requires(
    end === fileSize,
    "BAD_FILE",
    () => `openSafetensors(): ${file}: the last ${fileSize - end} bytes belong to no array`,
    "the header and the data do not fit together: fetch the file again",
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
}

/** The first key that one object of `json` (valid JSON) holds twice: `JSON.parse` keeps the last in silence. */
function duplicateKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === "{") open.push(new Set());
    else if (character === "}") open.pop();
    else if (character === '"') {
      const start = at++;
      while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
      let next = at + 1;
      while (next < json.length && " \t\n\r".includes(json[next] as string)) next++;
      if (json[next] !== ":") continue;
      const key = JSON.parse(json.slice(start, at + 1)) as string;
      const keys = open.at(-1) as Set<string>;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}
