// test/fuzz/inputs.ts
import { readdir, readFile as readFile2 } from "node:fs/promises";

// src/core/errors.ts
var VqganClipError = class extends Error {
  constructor(code, message, hint, options) {
    super(clipped(message), options);
    this.code = code;
    this.hint = hint;
  }
  code;
  hint;
  name = "VqganClipError";
};
var MESSAGE_LIMIT = 2e3;
function clipped(message) {
  if (message.length <= MESSAGE_LIMIT) return message;
  return `${message.slice(0, MESSAGE_LIMIT / 2)} ... ${message.slice(-MESSAGE_LIMIT / 2)}`;
}
function requires(condition, code, message, hint) {
  if (!condition) throw new VqganClipError(code, message(), hint);
}

// src/core/random.ts
var RANDOM_NAME = "philox4x32-10";
var Random = class _Random {
  key0;
  key1;
  low = 0;
  high = 0;
  index = 4;
  block = new Uint32Array(4);
  /** `seed`: a whole number in 0..2^53-1. */
  constructor(seed2) {
    requires(
      Number.isSafeInteger(seed2) && seed2 >= 0,
      "BAD_ARGUMENT",
      () => `Random(): seed must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, got ${seed2}`,
    );
    this.key0 = seed2 >>> 0;
    this.key1 = Math.floor(seed2 / 2 ** 32) >>> 0;
  }
  static fromState(state) {
    const random = new _Random(0);
    [random.key0, random.key1, random.low, random.high, random.index] = state;
    if (random.index < 4) random.refill();
    return random;
  }
  get state() {
    return [this.key0, this.key1, this.low, this.high, this.index];
  }
  /** An independent generator that depends on this one's key and `label` only, not on how much was drawn. */
  split(label) {
    let hash = 2166136261;
    for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 16777619) >>> 0;
    const block = new Uint32Array(4);
    philox(block, hash, label.length, 23325, 4294967295, this.key0, this.key1);
    const child = new _Random(0);
    child.key0 = block[0];
    child.key1 = block[1];
    return child;
  }
  /** A whole number, uniform in 0..2^32-1. */
  uint32() {
    if (this.index === 4) {
      this.low = (this.low + 1) >>> 0;
      if (this.low === 0) this.high = (this.high + 1) >>> 0;
      this.refill();
      this.index = 0;
    }
    return this.block[this.index++];
  }
  /** Uniform in [low, high), 53 random bits. */
  uniform(low = 0, high = 1) {
    const a = this.uint32() >>> 5;
    const b = this.uint32() >>> 6;
    return low + ((high - low) * (a * 67108864 + b)) / 9007199254740992;
  }
  /** A whole number, uniform in 0..bound-1. */
  integer(bound) {
    return Math.floor(this.uniform(0, bound));
  }
  /** True with probability `p`. */
  chance(p) {
    return this.uniform() < p;
  }
  /** Standard normal, by Box-Muller (one of the pair, so that the state stays four numbers). */
  normal(mean = 0, deviation = 1) {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }
  normals(length) {
    return Float32Array.from({ length }, () => this.normal());
  }
  refill() {
    philox(this.block, this.low, this.high, 0, 0, this.key0, this.key1);
  }
};
function philox(out, c0, c1, c2, c3, k0, k1) {
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(3528531795, c0);
    const low0 = Math.imul(3528531795, c0) >>> 0;
    const high1 = multiplyHigh(3449720151, c2);
    const low1 = Math.imul(3449720151, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 2654435769) >>> 0;
    k1 = (k1 + 3144134277) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}
function multiplyHigh(a, b) {
  const aLow = a & 65535;
  const aHigh = a >>> 16;
  const bLow = b & 65535;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const cross = aLow * bHigh + (middle & 65535);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(cross / 65536)) >>> 0;
}

// test/support/fixtures.ts
import { fileURLToPath } from "node:url";

// src/core/dtype.ts
var arrayTypes = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};
function bytesPerElement(dtype) {
  return arrayTypes[dtype].BYTES_PER_ELEMENT;
}
function allocate(dtype, length) {
  return new arrayTypes[dtype](length);
}
function viewBytes(dtype, bytes, length) {
  const type = arrayTypes[dtype];
  const isAligned = bytes.byteOffset % type.BYTES_PER_ELEMENT === 0;
  const aligned = isAligned ? bytes : Uint8Array.from(bytes);
  return new type(aligned.buffer, aligned.byteOffset, length);
}
var scratch = new DataView(new ArrayBuffer(4));
function halfToNumber(bits) {
  const sign = bits & 32768 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
function numberToHalf(value) {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 32768;
  const exponent = (bits >>> 23) & 255;
  const fraction = bits & 8388607;
  if (exponent === 255) return sign | 31744 | (fraction ? 512 : 0);
  const unbiased = exponent - 127;
  if (unbiased > 15) return sign | 31744;
  if (unbiased < -25) return sign;
  const mantissa = unbiased < -14 ? (fraction | 8388608) >>> 0 : fraction;
  const shift = unbiased < -14 ? -unbiased - 1 : 13;
  const base = unbiased < -14 ? 0 : (unbiased + 15) << 10;
  const rest = mantissa & ((1 << shift) - 1);
  const half2 = 1 << (shift - 1);
  let result = base + (mantissa >>> shift);
  const lost = Math.abs(value) - Math.abs(scratch.getFloat32(0));
  if (rest > half2 || (rest === half2 && (lost > 0 || (lost === 0 && result & 1)))) result++;
  return sign | result;
}
function bfloat16ToNumber(bits) {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

// src/core/shape.ts
function sizeOf(shape) {
  return shape.reduce((product, extent) => product * extent, 1);
}
function stridesOf(shape) {
  const strides = new Array(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}
function sameShape(a, b) {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

// src/core/ndarray.ts
var NDArray = class _NDArray {
  constructor(dtype, shape, data) {
    this.dtype = dtype;
    this.shape = shape;
    this.data = data;
    requires(
      data.length === sizeOf(shape),
      "SHAPE_MISMATCH",
      () => `NDArray(): shape [${shape}] holds ${sizeOf(shape)} elements, got ${data.length}`,
    );
  }
  dtype;
  shape;
  data;
  static zeros(dtype, shape) {
    return new _NDArray(dtype, shape, allocate(dtype, sizeOf(shape)));
  }
  static float32(shape, values) {
    return new _NDArray("float32", shape, values instanceof Float32Array ? values : Float32Array.from(values));
  }
  static int64(shape, values) {
    return new _NDArray("int64", shape, BigInt64Array.from(Array.from(values), BigInt));
  }
  static scalar(value, dtype = "float32") {
    return new _NDArray("float64", [], Float64Array.of(value)).as(dtype);
  }
  /** From little-endian bytes, as files hold them. */
  static fromBytes(dtype, shape, bytes) {
    requires(
      bytes.byteLength === sizeOf(shape) * bytesPerElement(dtype),
      "SHAPE_MISMATCH",
      () =>
        `NDArray.fromBytes(): ${dtype}[${shape}] needs ${sizeOf(shape) * bytesPerElement(dtype)} bytes, got ${bytes.byteLength}`,
    );
    return new _NDArray(dtype, shape, viewBytes(dtype, bytes, sizeOf(shape)));
  }
  get size() {
    return this.data.length;
  }
  /** The raw little-endian bytes, shared with `data`. */
  get bytes() {
    return new Uint8Array(this.data.buffer, this.data.byteOffset, this.data.byteLength);
  }
  /** The element at flat index `index` as a number (float16 is decoded, int64 narrowed). */
  at(index) {
    const value = this.data[index];
    return this.dtype === "float16" ? halfToNumber(value) : Number(value);
  }
  /** The only element of a one-element array. */
  item() {
    requires(this.size === 1, "SHAPE_MISMATCH", () => `NDArray.item(): needs one element, got shape [${this.shape}]`);
    return this.at(0);
  }
  /** Converted to `dtype` (itself when it is that already). */
  as(dtype) {
    if (dtype === this.dtype) return this;
    const data = allocate(dtype, this.size);
    for (let i = 0; i < this.size; i++) {
      const value = this.at(i);
      if (dtype === "int64") data[i] = BigInt(Math.trunc(value));
      else if (dtype === "float16") data[i] = numberToHalf(value);
      else data[i] = dtype === "bool" ? Number(value !== 0) : value;
    }
    return new _NDArray(dtype, this.shape, data);
  }
  /** The numbers as a Float32Array; shares memory when the dtype is float32 already. */
  floats() {
    return this.as("float32").data;
  }
  /** Same data, other shape of equal size. */
  reshape(shape) {
    return sameShape(shape, this.shape) ? this : new _NDArray(this.dtype, shape, this.data);
  }
  clone() {
    return new _NDArray(this.dtype, this.shape, this.data.slice());
  }
  toString() {
    return `${this.dtype}[${this.shape}]`;
  }
};
function fromBfloat16(shape, bits) {
  return NDArray.float32(shape, Float32Array.from(bits, bfloat16ToNumber));
}

// src/weights/byte-source.ts
var MemorySource = class {
  constructor(bytes, name = "memory") {
    this.name = name;
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  name;
  bytes;
  get size() {
    return this.bytes.byteLength;
  }
  async read(offset, length) {
    requireRange(this, offset, length);
    return this.bytes.subarray(offset, offset + length);
  }
};
function requireRange(source, offset, length) {
  requires(
    Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0,
    "BAD_FILE",
    () => `${source.name}: byte range ${offset}+${length} is not a pair of whole numbers`,
  );
  requires(
    offset + length <= source.size,
    "BAD_FILE",
    () => `${source.name}: needs bytes ${offset}..${offset + length}, the file ends at ${source.size}`,
    "the file is cut short: fetch or copy it again",
  );
}

// src/weights/element-type.ts
var plain = (readAs) => ({ bytes: bytesPerElement(readAs), readAs });
var elementTypes = {
  float64: plain("float64"),
  float32: plain("float32"),
  float16: plain("float16"),
  int64: plain("int64"),
  int32: plain("int32"),
  uint8: plain("uint8"),
  bool: plain("bool"),
  /** Torch's doubles: no model computes in them. */
  float64AsFloat32: {
    bytes: 8,
    readAs: "float32",
    convert: (shape, { buffer }) => NDArray.float32(shape, Float32Array.from(new Float64Array(buffer))),
  },
  bfloat16: {
    bytes: 2,
    readAs: "float32",
    convert: (shape, { buffer }) => fromBfloat16(shape, new Uint16Array(buffer)),
  },
  int16: {
    bytes: 2,
    readAs: "int32",
    convert: (shape, { buffer }) => new NDArray("int32", shape, Int32Array.from(new Int16Array(buffer))),
  },
  int8: {
    bytes: 1,
    readAs: "int32",
    convert: (shape, { buffer }) => new NDArray("int32", shape, Int32Array.from(new Int8Array(buffer))),
  },
};
var MemoryBudget = class {
  constructor(caller, fileSize2) {
    this.caller = caller;
    this.limit = Math.min(8 * 2 ** 30, 4 * fileSize2 + 2 ** 26);
  }
  caller;
  used = 0;
  limit;
  /** Throws OUT_OF_LIMITS, naming the array, when the whole is over the limit. */
  spend(name, bytes) {
    this.used += bytes;
    requires(
      this.used <= this.limit,
      "OUT_OF_LIMITS",
      () => `${this.caller}(): ${name}: arrays that cannot be used where they lie take over ${this.limit} bytes`,
      "save contiguous float32 or float16 arrays",
    );
  }
};

// src/core/shown.ts
var TEXT = 80;
var ITEMS = 8;
function shown(value, depth = 2) {
  if (typeof value === "string") return JSON.stringify(value.length > TEXT ? `${value.slice(0, TEXT)}...` : value);
  if (typeof value === "bigint") return shown(String(value));
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? typeof value;
  const most = depth > 0 ? ITEMS : 0;
  const cut = (items2, count2) => [...items2, ...(count2 > most ? ["..."] : [])].join(",");
  if (Array.isArray(value)) {
    const items2 = value.slice(0, most).map((item) => shown(item, depth - 1));
    return `[${cut(items2, value.length)}]`;
  }
  const fields = Object.entries(value);
  const items = fields.slice(0, most).map(([key, item]) => `${shown(key)}:${shown(item, depth - 1)}`);
  return `{${cut(items, fields.length)}}`;
}

// src/weights/safetensors-header.ts
var safetensorsTypes = {
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
var HEADER_LIMIT = 1e8;
var RANK_LIMIT = 32;
var INCOMPLETE = "the file may be an unfinished download, a Git LFS pointer or a web page: fetch it again";
function headerLength(name, prefix, fileSize2) {
  const reject = (what) => new VqganClipError("BAD_FILE", `openSafetensors(): ${name} ${what}`, INCOMPLETE);
  if (fileSize2 < 10) throw reject(`is ${fileSize2} bytes long, too short for a safetensors file`);
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length > HEADER_LIMIT) throw reject(`claims a header of ${length} bytes, the limit is ${HEADER_LIMIT}`);
  if (Number(length) + 8 > fileSize2) throw reject(`claims a header of ${length} bytes but is only ${fileSize2} long`);
  return Number(length);
}
function parseHeader(name, header, fileSize2) {
  const dataStart = 8 + header.byteLength;
  const fields = parseObject(name, header);
  const metadata = /* @__PURE__ */ new Map();
  const records = [];
  for (const [key, value] of Object.entries(fields)) {
    if (key === "__metadata__") {
      requires(isObject(value), "BAD_FILE", () => `openSafetensors(): ${name}: __metadata__ must be an object`);
      for (const [label, text2] of Object.entries(value)) {
        requires(
          typeof text2 === "string",
          "BAD_FILE",
          () => `openSafetensors(): ${name}: metadata "${label}" is no text`,
        );
        metadata.set(label, text2);
      }
    } else records.push(parseRecord(name, key, value, dataStart, fileSize2));
  }
  requireTiling(name, records, dataStart, fileSize2);
  return { records, metadata };
}
function parseObject(name, header) {
  let fields;
  let text2;
  try {
    text2 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header);
    fields = JSON.parse(text2);
  } catch (cause) {
    throw new VqganClipError("BAD_FILE", `openSafetensors(): ${name}: the header is not JSON`, INCOMPLETE, { cause });
  }
  requires(isObject(fields), "BAD_FILE", () => `openSafetensors(): ${name}: the header must be a JSON object`);
  const duplicate = duplicateKey(text2);
  requires(duplicate === void 0, "BAD_FILE", () => `openSafetensors(): ${name}: the header names "${duplicate}" twice`);
  return fields;
}
function parseRecord(file, name, value, dataStart, fileSize2) {
  const reject = (what, hint) => new VqganClipError("BAD_FILE", `openSafetensors(): ${file}: ${name}: ${what}`, hint);
  if (!isObject(value)) throw reject(`expected {dtype, shape, data_offsets}, found ${shown(value)}`);
  const { dtype, shape, data_offsets: offsets } = value;
  const type = typeof dtype === "string" && Object.hasOwn(safetensorsTypes, dtype) ? safetensorsTypes[dtype] : void 0;
  if (!type) {
    throw reject(
      `dtype ${shown(dtype)} is not supported`,
      `save it as one of ${Object.keys(safetensorsTypes).join(", ")}`,
    );
  }
  if (!isSizes(shape) || shape.length > RANK_LIMIT) {
    throw reject(`shape must be a list of whole numbers, found ${shown(shape)}`);
  }
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw reject(`data_offsets must be [begin, end] with begin <= end, found ${shown(offsets)}`);
  }
  const [begin, end2] = offsets;
  if (dataStart + end2 > fileSize2) {
    throw reject(`ends at byte ${dataStart + end2}, the file at ${fileSize2}`, "the file is cut short: fetch it again");
  }
  const needed = sizeOf(shape) * type.bytes;
  if (needed !== end2 - begin)
    throw reject(`${dtype}[${shape}] needs ${needed} bytes, data_offsets give ${end2 - begin}`);
  return { name, type, shape, offset: dataStart + begin, length: end2 - begin };
}
function requireTiling(file, records, dataStart, fileSize2) {
  let end2 = dataStart;
  let previous = "the header";
  for (const { name, offset, length } of [...records].sort((a, b) => a.offset - b.offset || a.length - b.length)) {
    requires(
      offset >= end2,
      "BAD_FILE",
      () => `openSafetensors(): ${file}: ${name} starts at byte ${offset}, inside ${previous}, which ends at ${end2}`,
    );
    requires(
      offset === end2,
      "BAD_FILE",
      () => `openSafetensors(): ${file}: ${offset - end2} bytes before ${name} belong to no array`,
    );
    end2 = offset + length;
    previous = name;
  }
  requires(
    end2 === fileSize2,
    "BAD_FILE",
    () => `openSafetensors(): ${file}: the last ${fileSize2 - end2} bytes belong to no array`,
    "the header and the data do not fit together: fetch the file again",
  );
}
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function isSizes(value) {
  return Array.isArray(value) && value.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
}
function duplicateKey(json3) {
  const open2 = [];
  for (let at = 0; at < json3.length; at++) {
    const character = json3[at];
    if (character === "{") open2.push(/* @__PURE__ */ new Set());
    else if (character === "}") open2.pop();
    else if (character === '"') {
      const start = at++;
      while (json3[at] !== '"') at += json3[at] === "\\" ? 2 : 1;
      let next = at + 1;
      while (next < json3.length && " 	\n\r".includes(json3[next])) next++;
      if (json3[next] !== ":") continue;
      const key = JSON.parse(json3.slice(start, at + 1));
      const keys = open2.at(-1);
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return void 0;
}

// src/weights/state-dict.ts
var StateDict = class {
  constructor(entries, metadata, bytes) {
    this.entries = entries;
    this.metadata = metadata;
    this.bytes = bytes;
  }
  entries;
  metadata;
  bytes;
  /** What to call the checkpoint in messages. */
  get origin() {
    return this.bytes.name;
  }
  get names() {
    return [...this.entries.keys()];
  }
  has(name) {
    return this.entries.has(name);
  }
  /** The entry called `name`. Throws BAD_MODEL when there is none. */
  get(name) {
    const entry = this.entries.get(name);
    requires(
      entry,
      "BAD_MODEL",
      () => `StateDict.get(): ${this.origin} has no "${name}"; it holds ${this.entries.size} arrays`,
      `names look like ${this.names.slice(0, 3).join(", ")}`,
    );
    return entry;
  }
  /** The array called `name`, loaded. Throws BAD_MODEL when there is none, IO_FAILED when its file cannot be read. */
  async read(name) {
    const { dtype, shape, source } = this.get(name);
    if (source.kind === "memory") return source.array;
    return NDArray.fromBytes(dtype, shape, await this.bytes.read(source.offset, source.length));
  }
};
function entryOf(name, dtype, shape, place) {
  const source =
    place instanceof Uint8Array
      ? { kind: "memory", array: NDArray.fromBytes(dtype, shape, place) }
      : { kind: "file", path: place.path, offset: place.offset, length: place.length };
  return { name, dtype, shape, source };
}

// src/weights/safetensors.ts
async function readSafetensors(source) {
  const length = headerLength(source.name, await source.read(0, Math.min(8, source.size)), source.size);
  const header = parseHeader(source.name, await source.read(8, length), source.size);
  const budget = new MemoryBudget("openSafetensors", source.size);
  const { path } = source;
  const entries = /* @__PURE__ */ new Map();
  for (const record of header.records) {
    const { name, type, shape, offset, length: length2 } = record;
    const stays = path !== void 0 && !type.convert;
    const place = stays ? { path, offset, length: length2 } : await source.read(offset, length2);
    entries.set(
      name,
      place instanceof Uint8Array ? loaded(record, place, budget) : entryOf(name, type.readAs, shape, place),
    );
  }
  return new StateDict(entries, header.metadata, source);
}
function parseSafetensors(content, name = "memory") {
  const source = new MemorySource(content, name);
  const { bytes, size } = source;
  const length = headerLength(name, bytes, size);
  const header = parseHeader(name, bytes.subarray(8, 8 + length), size);
  const budget = new MemoryBudget("parseSafetensors", size);
  const entries = header.records.map((record) => {
    return [record.name, loaded(record, bytes.subarray(record.offset, record.offset + record.length), budget)];
  });
  return new StateDict(new Map(entries), header.metadata, source);
}
function loaded({ name, type, shape }, bytes, budget) {
  if (!type.convert) return entryOf(name, type.readAs, shape, bytes);
  budget.spend(name, sizeOf(shape) * bytesPerElement(type.readAs));
  return { name, dtype: type.readAs, shape, source: { kind: "memory", array: type.convert(shape, bytes.slice()) } };
}
function writeSafetensors(arrays, metadata = {}) {
  const ordered = Object.entries(arrays).sort(
    ([nameA, a], [nameB, b]) =>
      bytesPerElement(b.dtype) - bytesPerElement(a.dtype) || (nameA < nameB ? -1 : nameA > nameB ? 1 : 0),
  );
  const fields = [];
  if (Object.keys(metadata).length > 0) {
    fields.push(["__metadata__", Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)))]);
  }
  let end2 = 0;
  for (const [name, { dtype, shape, bytes }] of ordered) {
    requires(name !== "__metadata__", "BAD_ARGUMENT", () => "writeSafetensors(): __metadata__ cannot name an array");
    fields.push([name, { dtype: formatName(dtype), shape, data_offsets: [end2, end2 + bytes.byteLength] }]);
    end2 += bytes.byteLength;
  }
  const json3 = new TextEncoder().encode(
    `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`,
  );
  const headerSize = Math.ceil(json3.byteLength / 8) * 8;
  const file = new Uint8Array(8 + headerSize + end2);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerSize), true);
  file.fill(32, 8, 8 + headerSize);
  file.set(json3, 8);
  let at = 8 + headerSize;
  for (const [, { bytes }] of ordered) {
    file.set(bytes, at);
    at += bytes.byteLength;
  }
  return file;
}
function formatName(dtype) {
  const found = Object.entries(safetensorsTypes).find(([, type]) => type === elementTypes[dtype]);
  requires(found, "BAD_ARGUMENT", () => `writeSafetensors(): the format has no name for ${dtype}`);
  return found[0];
}

// test/support/fixtures.ts
function fixturePath(name) {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

// test/fuzz/hand-made.ts
import { strToU8, zipSync } from "fflate";

// src/guidance/resolve-settings.ts
import { z as z2 } from "zod";

// src/guidance/mask.ts
function checkMask(mask, [height, width]) {
  const [rows, columns] = mask.shape;
  requires(
    rows === height && columns === width,
    "BAD_ARGUMENT",
    () => `mask: it has ${columns}x${rows} pixels, the picture ${width}x${height}`,
    "a mask has a pixel for each of the picture",
  );
  requires(
    mask.data.some((value) => value > 0),
    "BAD_ARGUMENT",
    () => "mask: nothing in it may change",
    "white may change, black stays",
  );
}

// src/guidance/edit.ts
function editRecipe(strength, steps2) {
  requires(
    Number.isFinite(strength) && strength >= 0 && strength <= 1,
    "BAD_ARGUMENT",
    () => `strength: expected a number from 0 to 1, got ${strength}`,
  );
  const kept = 1 - strength;
  return {
    steps: Math.max(1, Math.round(steps2 * (0.2 + 0.8 * strength))),
    regularizer: { weight: 4 * kept ** 2, target: "init", decay: 0, every: 1 },
    structure: kept,
  };
}

// src/guidance/settings.ts
import { z } from "zod";

// src/optim/optimizer.ts
function optimizer(names, rule) {
  return {
    init: (length) => ({
      step: 0,
      arrays: Object.fromEntries(names.map((name) => [name, NDArray.zeros("float32", [length])])),
    }),
    update: (parameters, gradient, state, learningRate) => {
      const step2 = state.step + 1;
      const move = rule(step2, learningRate);
      const moved = new Float32Array(parameters.length);
      const kept = names.map((name) => Float32Array.from(state.arrays[name].floats()));
      const averages = new Float32Array(names.length);
      for (let i = 0; i < parameters.length; i++) {
        for (let k = 0; k < kept.length; k++) averages[k] = kept[k][i];
        moved[i] = move(parameters[i], gradient[i], averages);
        for (let k = 0; k < kept.length; k++) kept[k][i] = averages[k];
      }
      const arrays = names.map((name, k) => [name, NDArray.float32([parameters.length], kept[k])]);
      return { parameters: moved, state: { step: step2, arrays: Object.fromEntries(arrays) } };
    },
  };
}
var moments = ["first", "second"];
function follow(averages, gradient) {
  averages[0] = averages[0] + (gradient - averages[0]) * 0.1;
  averages[1] = averages[1] * 0.999 + gradient * gradient * 1e-3;
}
var adamRule = (step2, learningRate) => {
  const [rate, settled] = [learningRate / (1 - 0.9 ** step2), 1 - 0.999 ** step2];
  return (value, gradient, averages) => {
    follow(averages, gradient);
    return value - (rate * averages[0]) / (Math.sqrt(averages[1] / settled) + 1e-8);
  };
};
var adamMoves = optimizer(moments, (step2, learningRate) => {
  const move = adamRule(step2, learningRate);
  return (_value, gradient, averages) => move(0, gradient, averages);
});
var optimizers = {
  /** Kingma & Ba 2015. */
  adam: optimizer(moments, adamRule),
  /** Loshchilov & Hutter 2019, with torch's default weight decay .01. */
  adamw: optimizer(moments, (step2, learningRate) => {
    const move = adamRule(step2, learningRate);
    return (value, gradient, averages) => move(value * (1 - learningRate * 0.01), gradient, averages);
  }),
  /** Duchi et al. 2011; epsilon 1e-10. */
  adagrad: optimizer(["sum"], (_step, learningRate) => (value, gradient, averages) => {
    averages[0] = averages[0] + gradient * gradient;
    return value - (learningRate * gradient) / (Math.sqrt(averages[0]) + 1e-10);
  }),
  /** Kingma & Ba 2015, section 7.1. */
  adamax: optimizer(["first", "infinity"], (step2, learningRate) => {
    const rate = learningRate / (1 - 0.9 ** step2);
    return (value, gradient, averages) => {
      averages[0] = averages[0] + (gradient - averages[0]) * 0.1;
      averages[1] = Math.max(averages[1] * 0.999, Math.abs(gradient) + 1e-8);
      return value - (rate * averages[0]) / averages[1];
    };
  }),
  /** Hinton's lecture 6e; alpha .99, epsilon 1e-8. */
  rmsprop: optimizer(["square"], (_step, learningRate) => (value, gradient, averages) => {
    averages[0] = averages[0] * 0.99 + gradient * gradient * 0.01;
    return value - (learningRate * gradient) / (Math.sqrt(averages[0]) + 1e-8);
  }),
  /** Liu et al. 2020: Adam whose step is plain momentum until the second moment has settled. */
  radam: optimizer(moments, (step2, learningRate) => {
    const longest = 2 / (1 - 0.999) - 1;
    const length = longest - (2 * step2 * 0.999 ** step2) / (1 - 0.999 ** step2);
    const rectifier = Math.sqrt(((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length));
    return (value, gradient, averages) => {
      follow(averages, gradient);
      const momentum = averages[0] / (1 - 0.9 ** step2);
      if (length <= 5) return value - learningRate * momentum;
      const adaptive = Math.sqrt(1 - 0.999 ** step2) / (Math.sqrt(averages[1]) + 1e-8);
      return value - learningRate * momentum * rectifier * adaptive;
    };
  }),
  /** Dozat 2016 with torch's momentum decay .004: Adam that looks ahead along its momentum mu_t = .9 (1 - .5 * .96^(.004 t)). */
  nadam: optimizer(moments, (step2, learningRate) => {
    const momentum = (t) => 0.9 * (1 - 0.5 * 0.96 ** (t * 4e-3));
    let product = 1;
    for (let t = 1; t <= step2 && product > 1e-20; t++) product *= momentum(t);
    const [mu, next] = [momentum(step2), momentum(step2 + 1)];
    const now = (learningRate * (1 - mu)) / (1 - product);
    const ahead = (learningRate * next) / (1 - product * next);
    const settled = 1 - 0.999 ** step2;
    return (value, gradient, averages) => {
      follow(averages, gradient);
      const denominator = Math.sqrt(averages[1] / settled) + 1e-8;
      return value - (now * gradient) / denominator - (ahead * averages[0]) / denominator;
    };
  }),
  /** Dubey et al. 2019: Adam's step times sigmoid(|g_before - g|), so that a steady gradient moves half as far. */
  diffgrad: optimizer([...moments, "previous"], (step2, learningRate) => {
    const rate = (learningRate * Math.sqrt(1 - 0.999 ** step2)) / (1 - 0.9 ** step2);
    return (value, gradient, averages) => {
      follow(averages, gradient);
      const friction = 1 / (1 + Math.exp(-Math.abs(averages[2] - gradient)));
      averages[2] = gradient;
      return value - (rate * friction * averages[0]) / (Math.sqrt(averages[1]) + 1e-8);
    };
  }),
  /**
   * Heo et al. 2021: Adam, but where the gradient stands almost at right angles to the parameters (cosine below
   * .1 / sqrt(n)), the part of the step along them is left out. They count as one vector: a latent has one sample.
   */
  adamp: {
    init: adamMoves.init,
    update: (parameters, gradient, state, learningRate) => {
      const { parameters: moves, state: next } = adamMoves.update(parameters, gradient, state, learningRate);
      const lengths = (Math.sqrt(dot(gradient, gradient)) + 1e-8) * (Math.sqrt(dot(parameters, parameters)) + 1e-8);
      const isAside = Math.abs(dot(gradient, parameters)) / lengths < 0.1 / Math.sqrt(parameters.length);
      const along = isAside ? dot(moves, parameters) / (Math.sqrt(dot(parameters, parameters)) + 1e-8) ** 2 : 0;
      const moved = parameters.map((value, i) => value + (moves[i] - along * value));
      return { parameters: moved, state: next };
    },
  },
  sgd: optimizer([], (_step, learningRate) => (value, gradient) => value - learningRate * gradient),
};
function dot(a, b) {
  let sum2 = 0;
  for (let i = 0; i < a.length; i++) sum2 += a[i] * b[i];
  return sum2;
}
var optimizerNames = Object.keys(optimizers);

// src/guidance/cutouts.ts
var cutMethods = ["random", "gaussian", "whole", "pooled"];

// src/guidance/latent.ts
var starts = ["codes", "normal", "white", "grey", "prior"];

// src/guidance/latent-kind.ts
var latentKinds = ["quantized", "continuous", "sampled", "mixed"];

// src/guidance/weight.ts
var NUMBER = String.raw`[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?`;
var KEY = new RegExp(String.raw`^(${NUMBER})(?:\s*@\s*(\d+(?:\.\d*)?)(%?))?$`, "i");
var WEIGHT_FORM = "a number, or keyframes such as 0->1 or 0.2@10%->1@50%->0@400";
function parseWeight(text2) {
  const keys = text2.split("->").map((part2) => KEY.exec(part2.trim()));
  const values = keys.map((key) => Number(key?.[1] ?? Number.NaN));
  if (!values.every(Number.isFinite) || values.every((value) => value === 0)) return void 0;
  if (keys.length === 1) return keys[0]?.[2] === void 0 ? values[0] : void 0;
  const last = keys.length - 1;
  const bare = keys.every((key) => key?.[2] === void 0);
  const frames = [];
  for (const [i, key] of keys.entries()) {
    const [, , place, percent] = key;
    const value = values[i];
    if (place !== void 0) frames.push({ value, ...(percent ? share(Number(place) / 100) : steps(Number(place))) });
    else if (bare || i === 0 || i === last) frames.push({ value, ...share(i / last) });
    else return void 0;
  }
  const reached = { steps: Number.NEGATIVE_INFINITY, share: Number.NEGATIVE_INFINITY };
  const fine = frames.every(({ at, unit }) => {
    const rises = at > reached[unit] && (unit === "steps" ? Number.isSafeInteger(at) : at <= 1);
    reached[unit] = at;
    return rises;
  });
  return fine ? frames : void 0;
}
var share = (at) => ({ at, unit: "share" });
var steps = (at) => ({ at, unit: "steps" });
function formatWeight(weight2) {
  if (typeof weight2 === "number") return String(weight2);
  const place = ({ at, unit }) => (unit === "share" ? `${Number((100 * at).toPrecision(12))}%` : String(at));
  return weight2.map((key) => `${key.value}@${place(key)}`).join("->");
}
function followsLength(weight2) {
  return typeof weight2 !== "number" && weight2.some(({ unit }) => unit === "share");
}
function strongest(weight2) {
  if (typeof weight2 === "number") return weight2;
  return weight2.reduce((most, { value }) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
}
function weightOf(setting) {
  const weight2 = typeof setting === "number" ? setting : parseWeight(setting);
  requires(weight2 !== void 0, "BAD_ARGUMENT", () => `weight: "${setting}" is none`, `write ${WEIGHT_FORM}`);
  return weight2;
}

// src/guidance/prompt.ts
var NUMBER2 = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
var NUMBER_LIKE = /^([+-.\d]|nan$|[+-]?inf)/i;
var INFINITE = /^-inf(inity)?$/i;
function parsePrompts(source) {
  const scenes = splitScenes(source);
  return scenes.flatMap((text2, scene) => {
    const parts = splitOn(text2, "|");
    const where = parts.length * scenes.length > 1 ? ` in "${source.trim()}"` : "";
    return parts.map((part2) => ({ ...parsePrompt(part2, where), scene }));
  });
}
function splitScenes(source) {
  return splitOn(source, "^");
}
function joinPrompts(texts2) {
  const stories = texts2.map(splitScenes);
  const count2 = stories.reduce((most, { length }) => Math.max(most, length), 1);
  const odd = stories.find(({ length }) => length !== 1 && length !== count2);
  requires(
    !odd,
    "BAD_PROMPT",
    () => `prompt: one text has ${count2} scenes, another ${odd?.length}`,
    "give each the same number of scenes, or one",
  );
  const scene = (i) => stories.map((story) => story[story.length === 1 ? 0 : i]).join(" | ");
  return Array.from({ length: count2 }, (_, i) => scene(i)).join(" ^ ");
}
function textPrompts({ prompts: prompts2 }) {
  return prompts2 === "" ? [] : parsePrompts(prompts2);
}
function parsePrompt(source, where = "") {
  const fields = splitOn(source, ":");
  const numbers = [];
  while (fields.length > 1 && numbers.length < 2 && isNumberField(fields)) numbers.unshift(fields.pop().trim());
  const text2 = fields
    .join(":")
    .replace(/\\([:|^])/g, "$1")
    .trim();
  requires(
    text2 !== "",
    "BAD_PROMPT",
    () => `prompt: the text is empty${where}`,
    'write what to see, such as "a red apple"',
  );
  const [weight2 = "1", stop = "-inf"] = numbers;
  const hint = 'write text:weight:stop, such as "a red apple:0.5", or \\: for a colon that belongs to the text';
  requires(
    NUMBER2.test(stop) || INFINITE.test(stop),
    "BAD_PROMPT",
    () => `prompt: stop "${stop}" of "${text2}" is no number`,
    hint,
  );
  if (NUMBER2.test(weight2)) {
    requires(
      Number(weight2) !== 0 && Number.isFinite(Number(weight2)),
      "BAD_PROMPT",
      () => `prompt: weight ${weight2} of "${text2}" must be finite and not zero`,
      "leave the prompt out instead",
    );
  }
  const parsed2 = parseWeight(weight2);
  const isSchedule = weight2.includes("->");
  requires(
    parsed2 !== void 0,
    "BAD_PROMPT",
    () => `prompt: weight "${weight2}" of "${text2}" is no ${isSchedule ? "run of keyframes" : "number"}`,
    isSchedule ? `write ${WEIGHT_FORM}: values not all 0, places that rise` : hint,
  );
  return { text: text2, weight: parsed2, stop: INFINITE.test(stop) ? Number.NEGATIVE_INFINITY : Number(stop) };
}
function isNumberField(fields) {
  const last = fields.at(-1).trim();
  const isTime = /\d$/.test(fields.at(-2)) && /^[0-5]\d$/.test(fields.at(-1));
  return !isTime && (last === "" || NUMBER_LIKE.test(last));
}
function splitOn(source, separator) {
  return source.split(separators[separator]);
}
var separators = { "|": /(?<!\\)\|/, ":": /(?<!\\):/, "^": /(?<!\\)\^/ };

// src/guidance/prompt-embedding.ts
var longPromptWays = ["cut", "average"];

// src/guidance/settings.ts
var chance = z.number().min(0).max(1);
var spread = z.number().min(0).max(1);
var augmentationSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("hflip"), p: chance }),
  z.strictObject({
    kind: z.literal("affine"),
    degrees: z.number().min(0).max(180),
    translate: spread,
    shear: z.number().min(0).max(80),
    p: chance,
  }),
  z.strictObject({ kind: z.literal("perspective"), distortion: z.number().min(0).max(0.95), p: chance }),
  z.strictObject({
    kind: z.literal("jitter"),
    brightness: spread,
    contrast: spread,
    saturation: spread,
    hue: z.number().min(0).max(0.5),
    p: chance,
  }),
  z.strictObject({ kind: z.literal("erasing"), minArea: spread, maxArea: spread, p: chance }),
  z.strictObject({ kind: z.literal("noise"), level: z.number().min(0).max(10) }),
]);
var weight = z.union([
  z
    .number()
    .min(-1e3)
    .max(1e3)
    .refine((value) => value !== 0, "a weight of 0 does nothing: leave it out"),
  z.string().refine((text2) => typeof parseWeight(text2) === "object", `expected ${WEIGHT_FORM}`),
]);
var aim = {
  weight,
  /** As a text's stop; null for never. */
  stop: z.number().nullable(),
};
var targetSchema = z.discriminatedUnion("kind", [
  /** `fixed`: the picture's cutouts are taken once; `fresh`: anew each step. */
  z.strictObject({ kind: z.literal("image"), ...aim, views: z.enum(["fixed", "fresh"]) }),
  z.strictObject({ kind: z.literal("noise"), ...aim, seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER) }),
  z.strictObject({ kind: z.literal("vector"), ...aim }),
]);
var colour = z
  .string()
  .regex(/^#?[0-9a-f]{6}$/i, "expected colours such as ff8000")
  .overwrite((text2) => `#${text2.replace("#", "").toLowerCase()}`);
var pictureRegularizerSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("tv"), weight }),
  z.strictObject({ kind: z.literal("smoothness"), weight }),
  z.strictObject({ kind: z.literal("symmetry"), weight, mirror: z.enum(["left-right", "top-bottom", "both"]) }),
  z.strictObject({ kind: z.literal("saturation"), weight }),
  z.strictObject({ kind: z.literal("palette"), weight, colours: z.array(colour).min(1).max(256) }),
  /** One of the losses that the library was given. */
  z.strictObject({
    kind: z.literal("own"),
    weight,
    name: z.string().regex(/^[\w-]{1,64}$/, "expected a name of letters, digits, _ and -"),
  }),
]);
var factor = z.number().min(0).max(1);
var warmup = z.int().min(0).max(1e6).default(0);
var cycled = {
  warmup,
  cycles: z.int().min(1).max(1e4).default(1),
  over: z.int().min(1).max(1e6).nullable().default(null),
};
var stepped = { ...cycled, decay: factor.default(0.5), every: z.int().min(1).max(1e6).default(100) };
var scheduleSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant"), warmup }),
  z.strictObject({ kind: z.literal("linear"), final: factor.default(0), ...cycled }),
  z.strictObject({ kind: z.literal("cosine"), final: factor.default(0), ...cycled }),
  z.strictObject({ kind: z.literal("step"), ...stepped }),
  z.strictObject({ kind: z.literal("exponential"), ...stepped }),
]);
var ANY_LOOK = "any";
var side = z.int().min(16).max(4096);
var settingsSchema = z.strictObject({
  prompts: z.string().describe("what to see: text:weight:stop, joined by |"),
  targets: z.array(targetSchema).max(64).describe("pictures, noise and vectors to be near, beside the texts"),
  size: z.tuple([side, side]).describe("width and height in pixels"),
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).describe("start of all randomness"),
  steps: z.int().min(1).max(1e6).describe("optimisation steps"),
  optimizer: z.enum(optimizerNames).describe("rule that moves the latent"),
  learningRate: z.number().positive().max(100).describe("step size of the optimiser"),
  schedule: scheduleSchema.describe("course of the learning rate over the run"),
  plateau: z
    .strictObject({
      /** 0: never. */
      patience: z.int().min(0).max(1e6),
      /** In units of the loss: a smaller fall counts as none. */
      delta: z.number().min(0).max(1e3),
      /** Weight of the past in the smoothed loss. */
      smoothing: z.number().min(0).max(0.9999),
    })
    .describe("end early when the smoothed loss has not fallen for so many steps"),
  judgeEvery: z.int().min(1).max(1e6).describe("steps between two looks of the judge, where there is one"),
  cutouts: z.int().min(1).max(4096).describe("windows the perceptor sees each step"),
  cutMethod: z.enum(cutMethods).describe("how windows are chosen"),
  cutPower: z.number().positive().max(10).describe("exponent of the random crop size"),
  augmentations: z.array(augmentationSchema).max(16).describe("random views of each cutout"),
  latent: z.enum(latentKinds).describe("what is optimised: a latent, or logits of codes"),
  average: z.number().min(0).max(0.9999).describe("decay of a running average of the latent, which the picture shows"),
  start: z.enum(starts).describe("first latent, when no picture or codes are given"),
  look: z.string().min(1).max(100).describe("icon set that the start prior draws in"),
  padding: z.enum(["border", "zeros"]).describe("what lies outside the picture"),
  regularizer: z
    .strictObject({
      weight: z.number().min(0).max(1e3),
      /** What the latent is drawn to: zero, where the run began, or the running average at each restart. */
      target: z.enum(["zero", "init", "average"]),
      /** `weight` falls by `decay` every `every` steps, down to 0. */
      decay: z.number().min(0),
      every: z.int().min(1),
      /** Whether the optimiser begins anew whenever the weight falls, at the running average where there is one. */
      restart: z.boolean().optional(),
    })
    .describe("pull on the latent: weight * mean((z - target)^2)"),
  pictureRegularizers: z
    .array(pictureRegularizerSchema)
    .max(16)
    .describe("what the picture itself is asked to be; negative weights ask for the contrary"),
  structure: z.number().min(0).max(1e3).describe("pull of each cutout to the source's same cutout, in edits"),
  perceptual: z
    .number()
    .min(0)
    .max(1e3)
    .describe("pull of each cutout to the source's same cutout in the encoder's inner layers, in edits"),
  feather: z.number().min(0).max(1024).describe("soft edge inside a mask, in pixels"),
  motion: z
    .strictObject({
      /** Steps of the first frame, and of each later one. */
      first: z.int().min(1).max(1e6),
      every: z.int().min(1).max(1e6),
      /** What happens to the picture between two frames: it grows, moves right and down in pixels, turns clockwise. */
      zoom: z.number().min(0.1).max(10),
      pan: z.tuple([z.number().min(-4096).max(4096), z.number().min(-4096).max(4096)]),
      rotate: z.number().min(-180).max(180),
    })
    .nullable()
    .describe("how the picture moves between the frames of a video; null for a single picture"),
  temporal: z
    .strictObject({
      /** Share of the previous frame's result in the picture that a frame begins at. */
      blend: z.number().min(0).max(1),
      /** Share of the previous frames' latents in the latent that is shown: z' <- smooth * z' + (1 - smooth) * z. */
      smooth: z.number().min(0).max(0.99),
    })
    .nullable()
    .describe("how frames of a styled video follow one another; null for a single picture"),
  clampToCodebook: z.boolean().describe("keep each latent channel within the codebook's range"),
  promptReduction: z.enum(["sum", "mean"]).describe("how prompt losses join"),
  sceneFade: z.number().min(0).max(1).describe("share of a scene over which stories (a ^ b) pass to the next"),
  longPrompts: z.enum(longPromptWays).describe("what is read of texts longer than the text encoder takes"),
  perceptorWeights: z
    .array(z.number().positive().max(1e3))
    .max(8)
    .describe("how much each CLIP's losses count, in their order; none: 1 each"),
  recompute: z
    .boolean()
    .describe("compute the generator's values again for the gradient instead of keeping them: less memory, more time"),
  microBatch: z.int().min(1).max(4096).describe("cutouts in memory at once; the gradient is the same"),
});
function checkSettings(candidate) {
  const parsed2 = settingsSchema.safeParse(candidate, { reportInput: true });
  if (!parsed2.success) {
    const { path = [], message = "invalid", input } = parsed2.error.issues[0] ?? {};
    const came = input === void 0 ? "" : `, got ${shown(input)}`;
    throw new VqganClipError("BAD_ARGUMENT", `${path.join(".") || "settings"}: ${message}${came}`);
  }
  const { regularizer, average } = parsed2.data;
  requires(
    regularizer.target !== "average" || average > 0,
    "BAD_ARGUMENT",
    () => "regularizer.target: average needs a running average, there is none",
    "set average, such as 0.99",
  );
  requires(
    regularizer.target !== "average" || regularizer.restart === true,
    "BAD_ARGUMENT",
    () => "regularizer.target: average is taken at restarts, there are none",
    "set restart",
  );
  if (parsed2.data.targets.length === 0 || parsed2.data.prompts !== "") parsePrompts(parsed2.data.prompts);
  return parsed2.data;
}

// src/guidance/presets.ts
var noRegularizer = { weight: 0, target: "zero", decay: 0, every: 1 };
var common = {
  targets: [],
  optimizer: "adam",
  schedule: { kind: "constant", warmup: 0 },
  plateau: { patience: 0, delta: 1e-3, smoothing: 0.9 },
  judgeEvery: 25,
  cutPower: 1,
  latent: "quantized",
  average: 0,
  start: "codes",
  look: ANY_LOOK,
  pictureRegularizers: [],
  structure: 0,
  perceptual: 0,
  motion: null,
  temporal: null,
  feather: 8,
  clampToCodebook: true,
  promptReduction: "sum",
  sceneFade: 0.5,
  longPrompts: "cut",
  perceptorWeights: [],
  recompute: false,
  microBatch: 16,
};
var authorsViews = [
  { kind: "hflip", p: 0.5 },
  { kind: "affine", degrees: 30, translate: 0.1, shear: 0, p: 0.8 },
  { kind: "perspective", distortion: 0.2, p: 0.4 },
  { kind: "jitter", brightness: 0, contrast: 0, saturation: 0.01, hue: 0.01, p: 0.7 },
  { kind: "noise", level: 0.1 },
];
var presets = {
  /** Crowson et al. 2022, section 3.1; where the paper is silent, its authors' notebook. */
  paper: {
    ...common,
    steps: 400,
    learningRate: 0.15,
    cutouts: 64,
    cutMethod: "random",
    augmentations: authorsViews,
    padding: "border",
    regularizer: { weight: 1, target: "zero", decay: 5e-3, every: 1 },
  },
  /** The z+quantize notebook: plain random crops, nothing else. */
  notebook: {
    ...common,
    steps: 400,
    learningRate: 0.05,
    cutouts: 64,
    cutMethod: "random",
    augmentations: [],
    padding: "border",
    regularizer: noRegularizer,
  },
  /** The codebook sampling notebook (section 5.1): logits of codes, drawn anew each step. */
  "codebook-sampling": {
    ...common,
    optimizer: "adamw",
    latent: "sampled",
    steps: 400,
    learningRate: 0.05,
    cutouts: 64,
    cutMethod: "random",
    augmentations: [],
    padding: "border",
    regularizer: noRegularizer,
    clampToCodebook: false,
  },
  /** The regularised notebook: a pull to 0 that falls in five stages, Adam anew at each. */
  mse: {
    ...common,
    steps: 400,
    learningRate: 0.95,
    cutouts: 64,
    cutMethod: "random",
    augmentations: authorsViews,
    padding: "border",
    regularizer: { weight: 0.75, target: "zero", decay: 0.15, every: 50, restart: true },
    clampToCodebook: false,
  },
  /** The EMA notebook: the picture shows a running average, at which each stage begins and to which it is pulled. */
  ema: {
    ...common,
    average: 0.99,
    steps: 400,
    learningRate: 0.1,
    cutouts: 64,
    cutMethod: "gaussian",
    augmentations: authorsViews,
    padding: "border",
    regularizer: { weight: 0.25, target: "average", decay: 0.05, every: 50, restart: true },
    clampToCodebook: false,
  },
  /** The popular command-line fork: pooled whole picture, strong augmentations. */
  nerdyrodent: {
    ...common,
    steps: 500,
    learningRate: 0.1,
    cutouts: 32,
    cutMethod: "pooled",
    augmentations: [
      { kind: "affine", degrees: 15, translate: 0.1, shear: 5, p: 0.7 },
      { kind: "perspective", distortion: 0.7, p: 0.7 },
      { kind: "jitter", brightness: 0.1, contrast: 0.1, saturation: 0.1, hue: 0.1, p: 0.7 },
      { kind: "erasing", minArea: 0.1, maxArea: 0.4, p: 0.7 },
      { kind: "noise", level: 0.1 },
    ],
    padding: "zeros",
    regularizer: noRegularizer,
  },
};
var presetNames = Object.keys(presets);

// src/guidance/resolve-settings.ts
var recommendationSchema = settingsSchema
  .omit({ prompts: true, seed: true })
  .partial()
  .extend({
    atPrior: settingsSchema.omit({ prompts: true, seed: true, size: true, start: true }).partial().optional(),
    strength: z2.number().min(0).max(1).optional(),
  });
var USUAL_STRENGTH = 0.75;
function resolveSettings(request2, sources) {
  const { preset, prompts: _, strength, ...given } = request2;
  if (preset !== void 0 && !presetNames.includes(preset)) {
    throw new VqganClipError(
      "BAD_ARGUMENT",
      `preset: no preset is named "${preset}"`,
      `known: ${presetNames.join(", ")}`,
    );
  }
  const { recommended, atPrior = false, like, size, edits = false, codebook = true, drawSeed } = sources;
  requires(
    edits || strength === void 0,
    "BAD_ARGUMENT",
    () => "strength: only an edit has it",
    "edit a picture, or leave it out",
  );
  const recipes = [
    ...(preset ? [[`preset ${preset}`, presets[preset]]] : []),
    ...(recommended?.atPrior && atPrior ? [["model", recommended.atPrior]] : []),
    ...(recommended ? [["model", recommended]] : []),
    ["preset paper", presets.paper],
  ];
  const steps2 = recipes.map(([, recipe]) => recipe.steps).find((value) => value !== void 0);
  const layers = [
    ["request", { ...given, prompts: requestedPrompts(request2, like) }],
    ...(like ? [["like", like]] : []),
    ...(edits
      ? [
          ["source", { size }],
          ["strength", editRecipe(strength ?? recommended?.strength ?? USUAL_STRENGTH, steps2)],
        ]
      : []),
    ...(codebook ? recipes : recipes.map(([origin, recipe]) => [origin, withoutCodes(recipe)])),
    ["generator", { size, latent: "continuous", start: "normal", clampToCodebook: false }],
  ];
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(settingsSchema.shape, name));
  if (unknown !== void 0) {
    throw new VqganClipError("BAD_ARGUMENT", `settings: there is no "${unknown}"`, `known: ${settingNames.join(", ")}`);
  }
  const settings2 = {};
  const origins = {};
  for (const name of settingNames) {
    const layer = layers.find(([, values]) => values[name] !== void 0);
    if (layer) {
      origins[name] = layer[0];
      settings2[name] = name === "regularizer" || name === "plateau" ? merged(name, layers) : layer[1][name];
    }
  }
  if (settings2.seed === void 0) {
    settings2.seed = drawSeed();
    origins.seed = "drawn";
  }
  return { settings: checkSettings(settings2), origins };
}
function requestedPrompts({ prompts: prompts2, targets: targets2 = [] }, like) {
  if (prompts2 === void 0 && targets2.length > 0) return "";
  if (prompts2 === void 0 && !like) {
    throw new VqganClipError("BAD_PROMPT", "prompt: none was given", 'write what to see, such as "a red apple"');
  }
  const joined2 = typeof prompts2 === "string" ? prompts2 : prompts2 && joinPrompts(prompts2);
  if (joined2 !== void 0) parsePrompts(joined2);
  return joined2;
}
function withoutCodes(recipe) {
  const needing = { latent: "quantized", start: "codes", clampToCodebook: true };
  return Object.fromEntries(Object.entries(recipe).filter(([name, value]) => value !== needing[name]));
}
var settingNames = Object.keys(settingsSchema.shape);
function merged(name, layers) {
  return Object.assign({}, ...layers.map(([, values]) => values[name] ?? {}).reverse());
}
function checkRecommendation(value, origin) {
  const parsed2 = recommendationSchema.safeParse(value);
  if (!parsed2.success) {
    const issue = parsed2.error.issues[0];
    throw new VqganClipError("BAD_MODEL", `${origin}: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  return parsed2.data;
}

// src/optim/schedule.ts
function dependsOnSteps(schedule) {
  if (schedule.kind === "constant" || schedule.over !== null) return false;
  return schedule.kind === "linear" || schedule.kind === "cosine" || schedule.cycles > 1;
}

// src/guidance/story.ts
function sceneCount(prompts2) {
  return prompts2.reduce((most, { scene }) => Math.max(most, scene + 1), 1);
}
function changesWithLength(settings2) {
  const prompts2 = textPrompts(settings2);
  const others = [...settings2.targets, ...settings2.pictureRegularizers];
  const weights = [
    ...prompts2.map(({ weight: weight2 }) => weight2),
    ...others.map(({ weight: weight2 }) => weightOf(weight2)),
  ];
  return sceneCount(prompts2) > 1 || weights.some(followsLength);
}

// src/guidance/session-tree.ts
function plantTree(state, keepEvery) {
  return { nodes: [{ id: 1, origin: { kind: "start" }, status: "queued", states: [state] }], current: 1, keepEvery };
}
function nodeOf({ nodes }, id2) {
  const node = nodes.find((candidate) => candidate.id === id2);
  requires(
    node,
    "BAD_ARGUMENT",
    () => `session: it has no node ${id2}`,
    `it has ${nodes.map((candidate) => candidate.id).join(", ")}`,
  );
  return node;
}
function currentNode(tree) {
  return nodeOf(tree, tree.current);
}
function tipOf({ states }) {
  return states.at(-1);
}
function advanced(tree, state) {
  const { keepEvery } = tree;
  return withNode(tree, (node) => {
    const { step: step2 } = tipOf(node);
    const isKept = keepEvery > 0 && step2 > 0 && step2 % keepEvery === 0 && step2 < state.step;
    return { ...node, states: [...node.states.slice(0, isKept ? void 0 : -1), state] };
  });
}
function branched(tree, origin, state, painted = currentNode(tree).painted) {
  const id2 = Math.max(...tree.nodes.map((node2) => node2.id)) + 1;
  const node = { id: id2, origin, status: "queued", states: [state], ...(painted && { painted }) };
  return { ...tree, nodes: [...tree.nodes, node], current: id2 };
}
function forked(tree, changes, at) {
  const node = currentNode(tree);
  const tip = tipOf(node);
  const found = at === void 0 ? tip : node.states.find(({ step: step2 }) => step2 === at);
  requires(
    found,
    "BAD_ARGUMENT",
    () => `fork: step ${at} of node ${node.id} was not kept`,
    `kept: ${node.states.map(({ step: step2 }) => step2).join(", ")}; --keep-every keeps more`,
  );
  const state = withChanges({ ...found, settings: tip.settings }, changes);
  return branched(tree, { kind: "fork", node: node.id, step: found.step }, state);
}
function lineageOf(tree) {
  const byId = new Map(tree.nodes.map((node) => [node.id, node]));
  const branches = [];
  for (let { origin } = currentNode(tree); origin.kind !== "start"; ) {
    branches.push(origin);
    ({ origin } = byId.get(origin.node) ?? nodeOf(tree, origin.node));
  }
  return branches.reverse();
}
function withChanges(state, changes) {
  const former = state.settings;
  const settings2 = checkSettings({ ...former, ...changes, plateau: { ...former.plateau, ...changes.plateau } });
  if (!steers(former, settings2)) return { ...state, settings: settings2 };
  const hasBegun = state.step > 0 || settings2.seed !== former.seed;
  const { watch: _, best, ...rest } = state;
  const judged = settings2.prompts === former.prompts && best && { best };
  return { ...rest, ...judged, settings: settings2, changed: state.changed || hasBegun };
}
function steers(before, after) {
  return JSON.stringify(steering(before)) !== JSON.stringify(steering(after));
}
function steering({ steps: steps2, plateau: _, recompute: __, microBatch: ___, ...rest }) {
  const counts2 = changesWithLength(rest) || dependsOnSteps(rest.schedule);
  return { ...rest, ...(counts2 && { steps: steps2 }) };
}
function withNode(tree, change) {
  return { ...tree, nodes: tree.nodes.map((node) => (node.id === tree.current ? change(node) : node)) };
}

// test/support/small-session.ts
var filled = (shape, value) =>
  NDArray.float32(shape, new Float32Array(shape.reduce((size, extent) => size * extent, 1)).fill(value));
function firstState() {
  const request2 = {
    prompts: "a castle | fog:0->1 ^ a tower | text:-0.3:-0.1",
    seed: 7,
    average: 0.9,
    steps: 50,
    targets: [{ kind: "vector", weight: 1, stop: null }],
    pictureRegularizers: [{ kind: "palette", weight: 1, colours: ["#ff8000"] }],
  };
  const { settings: settings2 } = resolveSettings(request2, { size: [16, 16], drawSeed: () => 0 });
  const z13 = filled([1, 4, 2, 2], 0.25);
  return {
    settings: settings2,
    beganFrom: "picture",
    source: { picture: NDArray.zeros("uint8", [3, 16, 16]), sha256: "0".repeat(64) },
    targets: [{ numbers: filled([1, 8], 0.5), sha256: "1".repeat(64) }],
    changed: false,
    step: 2,
    z: z13,
    latentTarget: filled([1, 4, 2, 2], 0),
    average: { biased: z13, count: 2 },
    optimizer: optimizers[settings2.optimizer].init(z13.size),
    best: { step: 1, score: 0.3, z: z13 },
  };
}
var models = [
  { role: "generator", name: "tiny", sha256: "2".repeat(64) },
  { role: "perceptor", name: "tiny", sha256: "3".repeat(64) },
];
function smallSession() {
  const state = firstState();
  const tree = advanced(plantTree(state, 2), { ...state, step: 4 });
  const fork = forked(tree, { prompts: "fog" }, 2);
  const paint = { kind: "paint", node: 2, step: 2, sha256: "4".repeat(64) };
  return { tree: branched(fork, paint, { ...state, step: 2 }, NDArray.zeros("uint8", [2, 2])), models };
}
function smallStory() {
  const { settings: settings2 } = firstState();
  return {
    settings: settings2,
    step: 2,
    models,
    device: "cpu",
    beganFrom: "picture",
    source: { sha256: "0".repeat(64), width: 16, height: 16, masked: true },
    targets: ["1".repeat(64), null],
    changed: false,
    judged: { score: 0.3, after: 50 },
    lineage: [{ kind: "fork", node: 1, step: 2 }],
  };
}

// test/fuzz/hand-made.ts
var json = (value) => strToU8(JSON.stringify(value));
var lines = (count2, line) => Array.from({ length: count2 }, (_, i) => line(i)).join("\n");
function safetensors(header) {
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(strToU8(header), 8);
  return bytes;
}
function dottedGlobals() {
  const name = "a.".repeat(5e4);
  const size = new Uint8Array(new Uint32Array([name.length]).buffer);
  const asked = "h\0h\x93".repeat(3e3);
  return Buffer.concat([Buffer.from("X\0\0\0mq\0X", "latin1"), size, Buffer.from(`${name}q${asked}.`, "latin1")]);
}
var split = (Regex) => ({ type: "Split", pattern: { Regex }, behavior: "Isolated" });
var bpe = { type: "BPE", vocab: { a: 0, "<end>": 1 }, merges: [], unk_token: "<end>" };
var processor = { type: "RobertaProcessing", cls: ["a", 0], sep: ["<end>", 1], trim_offsets: false };
var tokenizer = (parts) =>
  json({
    model: bpe,
    decoder: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: processor,
    ...parts,
  });
function manySteps() {
  const node = {
    id: 1,
    origin: { kind: "start" },
    status: "paused",
    beganFrom: "random",
    changed: false,
    targets: [],
    settings: {},
    states: Array.from({ length: 1e5 }, () => ({ step: 1, optimizerStep: 1 })),
  };
  return session(JSON.stringify({ nodes: [node] }), {});
}
function session(fields, files) {
  const head = '"format":"vqclip","version":3,"models":[],"random":"philox4x32-10","keepEvery":0,"current":1';
  return zipSync({ "manifest.json": strToU8(`{${head},${fields.slice(1)}`), ...files });
}
function prompted(prompts2) {
  const story = smallStory();
  return json({ version: 2, random: "philox4x32-10", ...story, settings: { ...story.settings, prompts: prompts2 } });
}
function handMade() {
  const arrays = Object.fromEntries(Array.from({ length: 2e4 }, (_, i) => [`a${i}`, NDArray.zeros("uint8", [0])]));
  return [
    ["pickle--dotted-name-3000-times", dottedGlobals()],
    ["safetensors--nested-200000-deep", safetensors(`{"w":${"[".repeat(2e5)}${"]".repeat(2e5)}}`)],
    ["safetensors--name-of-5-million", safetensors(`{"${"x".repeat(5e6)}":3}`)],
    ["yaml--20000-keys", strToU8(lines(2e4, (i) => `k${i}: 1`))],
    ["yaml--10000-keys", strToU8(lines(1e4, (i) => `k${i}: 1`))],
    ["yaml--target-of-100000", strToU8(`model: {target: ${"x".repeat(1e5)}, params: {}}`)],
    ["yaml--nested-20000-deep", strToU8("[".repeat(2e4))],
    ["tokenizer--repeated-repetition", tokenizer({ pre_tokenizer: split("(a+)+$") })],
    ["tokenizer--choices-in-a-row", tokenizer({ pre_tokenizer: split(`${"a?".repeat(40)}${"a".repeat(40)}`) })],
    ["tokenizer--swelling", tokenizer({ normalizer: swelling() })],
    ["tokenizer--no-processor", tokenizer({ post_processor: { type: "TemplateProcessing", single: [{}] } })],
    ["tokenizer--id-of-4-billion", tokenizer({ model: { ...bpe, vocab: { a: 0, "<end>": 4e9 } } })],
    ["session--one-step-100000-times", manySteps()],
    ["session--20000-arrays", session('{"nodes":[]}', { "node-1.safetensors": writeSafetensors(arrays) })],
    ["session--brackets", zipSync({ "manifest.json": new Uint8Array(6e7).fill(91) }, { level: 1 })],
    ["metadata--weight-of-blanks", prompted(`a:1->${" ".repeat(6e4)}x`)],
    ["metadata--20000-keyframes", prompted(`a:${Array.from({ length: 2e4 }, (_, i) => `1@${i}`).join("->")}`)],
    ["metadata--prompt-of-digits", prompted(`a:${"1".repeat(2e5)}x`)],
  ];
}
function swelling() {
  const replace = { type: "Replace", pattern: { String: "a" }, content: "aaaaaaaaaa" };
  return { type: "Sequence", normalizers: Array.from({ length: 12 }, () => replace) };
}

// test/fuzz/mutate.ts
var pick = (random, items) => items[random.integer(items.length)];
var edges = [0, 1, 127, 128, 255, 32767, 32768, 65535, 2147483647, 2147483648, 4294967295];
function mutatedBytes(random, bytes, other = bytes) {
  let result = bytes.slice();
  for (let changes = 1 + random.integer(4); changes > 0 && result.length > 0; changes--) {
    result = pick(random, byteChanges)(random, result, other);
  }
  return result;
}
var byteChanges = [
  (random, bytes) => with_(bytes, random.integer(bytes.length), [random.integer(256)]),
  (random, bytes) => {
    const at = random.integer(bytes.length);
    return with_(bytes, at, [bytes[at] ^ (1 << random.integer(8))]);
  },
  (random, bytes) => {
    const number = pick(random, edges);
    const little = [number, number >>> 8, number >>> 16, number >>> 24];
    const width = pick(random, [1, 2, 4]);
    const field = little.slice(0, width).map((byte) => byte & 255);
    return with_(bytes, random.integer(bytes.length), random.chance(0.5) ? field : field.reverse());
  },
  (random, bytes) => bytes.slice(0, random.integer(bytes.length)),
  (random, bytes) => {
    const [from, to] = range(random, bytes.length);
    return joined(bytes.subarray(0, from), bytes.subarray(to));
  },
  (random, bytes) => {
    const [from, to] = range(random, bytes.length);
    const part2 = bytes.subarray(from, to);
    const copies = Array.from({ length: pick(random, [1, 2, 100]) }, () => part2);
    return joined(bytes.subarray(0, to), ...copies, bytes.subarray(to)).slice(0, 2 ** 20);
  },
  (random, bytes, other) => {
    const at = random.integer(bytes.length);
    const [from, to] = range(random, other.length);
    return joined(
      bytes.subarray(0, at),
      other.subarray(from, to),
      bytes.subarray(random.chance(0.5) ? at : at + to - from),
    );
  },
];
function with_(bytes, at, values) {
  const result = bytes.slice();
  for (const [i, value] of values.entries()) if (at + i < result.length) result[at + i] = value;
  return result;
}
function range(random, length) {
  const from = random.integer(Math.max(1, length));
  const most = pick(random, [4, 32, length]);
  return [from, Math.min(length, from + 1 + random.integer(Math.max(1, most)))];
}
function joined(...parts) {
  return Uint8Array.from(Buffer.concat(parts));
}
function mutatedJson(random, value) {
  let result = value;
  for (let changes = 1 + random.integer(3); changes > 0; changes--) result = changedInside(random, result);
  return result;
}
function changedInside(random, value) {
  if (typeof value !== "object" || value === null || random.chance(0.15)) return replaced(random, value);
  if (Array.isArray(value)) {
    const items = [...value];
    const at2 = random.integer(items.length + 1);
    const roll2 = random.integer(8);
    if (roll2 === 0) items.splice(at2, 1);
    else if (roll2 === 1) items.splice(at2, 0, ...Array.from({ length: pick(random, [1, 2, 300]) }, () => items[0]));
    else if (items.length > 0) {
      const chosen = random.integer(items.length);
      items[chosen] = changedInside(random, items[chosen]);
    }
    return items;
  }
  const fields = Object.entries(value);
  if (fields.length === 0) return { [hostileText(random)]: replaced(random, null) };
  const at = random.integer(fields.length);
  const [key, inner] = fields[at];
  const roll = random.integer(10);
  if (roll === 0) fields.splice(at, 1);
  else if (roll === 1) fields[at] = [hostileText(random), inner];
  else if (roll === 2) fields.push([hostileText(random), inner]);
  else fields[at] = [key, changedInside(random, inner)];
  return Object.fromEntries(fields);
}
function replaced(random, value) {
  if (typeof value === "number" && random.chance(0.5))
    return pick(random, [value + 1, -value, value * 1e9, value + 0.5]);
  if (typeof value === "string" && random.chance(0.5))
    return pick(random, [value.slice(1), value.repeat(50), `${value}\0`]);
  const plain2 = [null, true, 0, -1, 0.5, 1e308, -0, 2 ** 53, 2 ** 32, 1e4, [], {}, [[]], [null], { type: "Sequence" }];
  return random.chance(0.6) ? pick(random, plain2) : random.chance(0.5) ? hostileText(random) : nested(random);
}
var texts = [
  "",
  " ",
  "__proto__",
  "constructor",
  "toString",
  "../../etc/passwd",
  "\0",
  "\x1B[2J",
  "\uD800",
  "NaN",
  "1e999",
  "$&",
  "(a+)+$",
  "|:^",
  "<<",
];
function hostileText(random) {
  return random.chance(0.1) ? pick(random, texts).repeat(1e3) : pick(random, texts);
}
function nested(random) {
  let value = 1;
  for (let depth = pick(random, [3, 50, 500]); depth > 0; depth--) value = random.chance(0.5) ? [value] : { a: value };
  return value;
}

// test/fuzz/targets.ts
import { readFile } from "node:fs/promises";
import { strToU8 as strToU83, unzipSync, zipSync as zipSync3, zlibSync as zlibSync2 } from "fflate";
import { parse as parseYaml2, stringify } from "yaml";

// src/cli/session-tree.ts
function nodeFacts(node) {
  const { step: step2, settings: settings2 } = tipOf(node);
  const kept = node.states.map((state) => state.step);
  const { id: id2, origin, status } = node;
  return { id: id2, origin, status, step: step2, steps: settings2.steps, kept, prompts: settings2.prompts };
}
function treeLines(nodes, current) {
  const children = /* @__PURE__ */ new Map();
  for (const node of nodes) {
    const parent = node.origin.kind === "start" ? void 0 : node.origin.node;
    children.set(parent, [...(children.get(parent) ?? []), node]);
  }
  const lines2 = ["tree:"];
  const waiting = (children.get(void 0) ?? []).toReversed().map((node) => ({ node, lead: "", indent: "" }));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { node, lead, indent } = next;
    lines2.push(`${lead}${nodeLine(node, current)}`);
    const below = children.get(node.id) ?? [];
    const isDeep = indent.length >= MAX_INDENT;
    for (const [i, child] of [...below.entries()].reverse()) {
      const [branch2, beside] = i === below.length - 1 ? ["`- ", "   "] : ["|- ", "|  "];
      waiting.push({
        node: child,
        lead: `${indent}${branch2}${isDeep ? `(under ${node.id}) ` : ""}`,
        indent: isDeep ? indent : indent + beside,
      });
    }
  }
  return lines2;
}
var MAX_INDENT = 60;
function nodeLine({ id: id2, origin, status, step: step2, steps: steps2, kept, prompts: prompts2 }, current) {
  const began =
    origin.kind === "start" ? "" : ` ${origin.kind === "paint" ? "painted at" : "from"} step ${origin.step}`;
  const back = kept.length > 1 ? `, kept ${kept.join(" ")}` : "";
  return `${id2}${id2 === current ? "*" : ""} ${status} ${step2}/${steps2}${began}${back}: ${prompts2}`;
}

// src/guidance/metadata.ts
// src/guidance/model-identity.ts
import { z as z3, z as z4 } from "zod";

var modelRoles = ["generator", "perceptor", "judge", "prior"];
var identitySchema = z3
  .object({ role: z3.enum(modelRoles), name: z3.string(), sha256: z3.string().optional() })
  .transform(({ sha256, ...rest }) => ({ ...rest, ...(sha256 !== void 0 && { sha256 }) }));

// src/guidance/metadata.ts
var A1111 = "parameters";
var OURS = "vqgan-clip";
var XMP = "XML:com.adobe.xmp";
var VERSION = 2;
var SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/";
var beginnings = ["random", "codes", "picture", "prior"];
function storyText(story, level = "full") {
  if (level === "none") return {};
  const mark = {
    [XMP]: xmp(isComposite(story) ? "compositeWithTrainedAlgorithmicMedia" : "trainedAlgorithmicMedia"),
  };
  if (level === "public") return mark;
  const ours = { version: VERSION, random: RANDOM_NAME, ...story };
  return { [A1111]: a1111(story), [OURS]: JSON.stringify(ours), ...mark };
}
function isComposite({ beganFrom, lineage = [] }) {
  return beganFrom === "picture" || lineage.some(({ kind }) => kind === "paint");
}
function a1111({ settings: settings2, step: step2, models: models2 }) {
  const prompts2 = textPrompts(settings2);
  const line = (wanted) =>
    prompts2
      .filter(({ weight: weight2 }) => wanted(strongest(weight2)))
      .map(({ text: text2, weight: weight2 }) => {
        const strength = typeof weight2 === "number" ? Math.abs(weight2) : formatWeight(weight2);
        return strength === 1 ? text2 : `(${text2}:${strength})`;
      })
      .join(", ");
  const negative = line((weight2) => weight2 < 0);
  const model = models2.find(({ role }) => role === "generator");
  const pairs = {
    Steps: step2,
    Sampler: settings2.optimizer,
    Seed: settings2.seed,
    Size: settings2.size.join("x"),
    ...(model && { Model: model.name }),
    ...(model?.sha256 !== void 0 && { "Model hash": model.sha256.slice(0, 10) }),
    Version: "vqgan-clip",
  };
  const tail = Object.entries(pairs).map(([key, value]) => `${key}: ${value}`);
  return [line((weight2) => weight2 > 0), ...(negative ? [`Negative prompt: ${negative}`] : []), tail.join(", ")].join(
    "\n",
  );
}
function xmp(sourceType) {
  return `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" Iptc4xmpExt:DigitalSourceType="${SOURCE_TYPE}${sourceType}"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;
}
var storySchema = z4.object({
  version: z4.literal(VERSION),
  settings: z4.unknown(),
  step: z4.int().min(0),
  models: z4.array(identitySchema),
  device: z4.string(),
  beganFrom: z4.enum(beginnings),
  source: z4.object({ sha256: z4.string(), width: z4.int(), height: z4.int(), masked: z4.boolean() }).optional(),
  targets: z4.array(z4.string().nullable()).optional(),
  changed: z4.boolean(),
  judged: z4.object({ score: z4.number(), after: z4.int().min(0) }).optional(),
  lineage: z4
    .array(
      z4.discriminatedUnion("kind", [
        z4.object({ kind: z4.literal("fork"), node: z4.int(), step: z4.int() }),
        z4.object({ kind: z4.literal("paint"), node: z4.int(), step: z4.int(), sha256: z4.string() }),
      ]),
    )
    .optional(),
});
function readStory(text2) {
  const ours = text2[OURS];
  if (ours === void 0) return void 0;
  try {
    const {
      settings: settings2,
      source,
      targets: targets2,
      judged,
      lineage,
      ...rest
    } = storySchema.parse(JSON.parse(ours));
    const { version: _, ...story } = { ...rest, settings: checkSettings(settings2) };
    const told = { ...(source && { source }), ...(targets2 && { targets: targets2 }), ...(judged && { judged }) };
    return { ...story, ...told, ...(lineage && { lineage }) };
  } catch (error) {
    throw new VqganClipError("BAD_FILE", `inspect(): the picture's vqgan-clip metadata is damaged`, void 0, {
      cause: error,
    });
  }
}

// src/guidance/session-file.ts
import { strToU8 as strToU82, zipSync as zipSync2 } from "fflate";
import { z as z5 } from "zod";

// src/guidance/run-status.ts
var runStatuses = ["queued", "loading", "running", "paused", "finished", "failed", "cancelled"];

// src/guidance/session-archive.ts
import { inflateSync, strFromU8 } from "fflate";

// src/core/crc32.ts
var crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 3988292384 ^ (value >>> 1) : value >>> 1;
  return value;
});
function crc32(bytes) {
  let crc = 4294967295;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 4294967295) >>> 0;
}

// src/weights/zip-directory.ts
var ENTRY_LIMIT = 1e5;
var DIRECTORY_LIMIT = 64 * 2 ** 20;
var TAIL = 22 + 65535;
var END_SIGNATURE = 101010256;
var WIDE_END_SIGNATURE = 101075792;
var WIDE_LOCATOR_SIGNATURE = 117853008;
var ENTRY_SIGNATURE = 33639248;
var LOCAL_SIGNATURE = 67324752;
var WIDE = 4294967295;
async function readZipDirectory(source) {
  const { offset, length, count: count2 } = await findDirectory(source);
  requires(
    length <= DIRECTORY_LIMIT && count2 <= ENTRY_LIMIT,
    "OUT_OF_LIMITS",
    () =>
      `${source.name}: a ZIP directory of ${count2} entries, ${length} bytes; limits are ${ENTRY_LIMIT}, ${DIRECTORY_LIMIT}`,
  );
  const bytes = await source.read(offset, length);
  const view = viewOf(bytes);
  const entries = /* @__PURE__ */ new Map();
  let at = 0;
  for (let i = 0; i < count2; i++) {
    if (at + 46 > length || view.getUint32(at, true) !== ENTRY_SIGNATURE)
      throw damaged(source, `entry ${i} is missing`);
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    const end2 = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (end2 > length) throw damaged(source, `entry ${i} is cut short`);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, nameEnd));
    const isPlain = (view.getUint16(at + 8, true) & 1) === 0;
    const method = view.getUint16(at + 10, true);
    const entry = {
      name,
      ...wideFields(view, at, nameEnd, nameEnd + view.getUint16(at + 30, true)),
      stored: isPlain && method === 0,
      deflated: isPlain && method === 8,
      crc: view.getUint32(at + 16, true),
    };
    if (entries.has(name)) throw damaged(source, `it holds "${name}" twice`);
    const reach = entry.header + (entry.stored ? entry.size : entry.packed);
    if (reach > offset) throw damaged(source, `"${name}" reaches beyond the file`);
    entries.set(name, entry);
    at = end2;
  }
  return entries;
}
async function locateZipEntry(source, entry) {
  requires(
    entry.stored,
    "BAD_FILE",
    () => `${source.name}: "${entry.name}" is compressed or encrypted; torch stores entries as they are`,
    "load it in PyTorch and write it again with torch.save",
  );
  return dataOffset(source, entry);
}
async function readPackedEntry(source, entry) {
  return source.read(await dataOffset(source, entry), entry.packed);
}
async function dataOffset(source, { name, size, packed, header, stored }) {
  const view = viewOf(await source.read(header, 30));
  if (view.getUint32(0, true) !== LOCAL_SIGNATURE) throw damaged(source, `"${name}" is not where the directory says`);
  const offset = header + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  if (offset + (stored ? size : packed) > source.size) throw damaged(source, `"${name}" reaches beyond the file`);
  return offset;
}
async function findDirectory(source) {
  const tailLength = Math.min(source.size, TAIL);
  const tailStart = source.size - tailLength;
  const view = viewOf(await source.read(tailStart, tailLength));
  let end2 = tailLength - 22;
  while (end2 >= 0 && view.getUint32(end2, true) !== END_SIGNATURE) end2--;
  if (end2 < 0) throw damaged(source, "it has no end: the file is cut short");
  let directory = {
    count: view.getUint16(end2 + 10, true),
    length: view.getUint32(end2 + 12, true),
    offset: view.getUint32(end2 + 16, true),
  };
  const locator = end2 - 20;
  if (locator >= 0 && view.getUint32(locator, true) === WIDE_LOCATOR_SIGNATURE) {
    const wide = viewOf(await source.read(size64(view, locator + 8), 56));
    if (wide.getUint32(0, true) !== WIDE_END_SIGNATURE)
      throw damaged(source, "its 64-bit end is not where it should be");
    directory = { count: size64(wide, 32), length: size64(wide, 40), offset: size64(wide, 48) };
  }
  if (directory.offset + directory.length > tailStart + end2) throw damaged(source, "it reaches beyond the file");
  return directory;
}
function wideFields(view, entry, extraStart, extraEnd) {
  let size = view.getUint32(entry + 24, true);
  let packed = view.getUint32(entry + 20, true);
  let header = view.getUint32(entry + 42, true);
  for (let at = extraStart; at + 4 <= extraEnd; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    const end2 = Math.min(extraEnd, at + 4 + view.getUint16(at + 2, true));
    let field = at + 4;
    const next = (narrow2) => {
      if (narrow2 !== WIDE || field + 8 > end2) return narrow2;
      field += 8;
      return size64(view, field - 8);
    };
    size = next(size);
    packed = next(packed);
    header = next(header);
  }
  return { size, packed, header };
}
function size64(view, at) {
  const value = view.getBigUint64(at, true);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}
function viewOf(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
function damaged(source, what) {
  return new VqganClipError(
    "BAD_FILE",
    `${source.name}: the ZIP directory is damaged: ${what}`,
    "fetch the file again",
  );
}

// src/guidance/session-archive.ts
var mostBytes = (fileSize2) => Math.min(2 ** 30, 2 ** 26 + 8 * fileSize2);
var MAX_JSON_BYTES = 2 ** 24;
var MAX_ARRAYS = 128;
async function arraysOf(entries, name) {
  const dict = parseSafetensors(entryOf2(entries, name), name);
  requires(
    dict.names.length <= MAX_ARRAYS,
    "OUT_OF_LIMITS",
    () => `session: ${name} holds ${dict.names.length} arrays, the limit is ${MAX_ARRAYS}`,
  );
  const arrays = [];
  for (const key of dict.names) arrays.push([key, await dict.read(key)]);
  return Object.fromEntries(arrays);
}
async function unzip(bytes) {
  const source = new MemorySource(bytes, "session");
  const directory = await readZipDirectory(source).catch((cause) => {
    const message = `session: not a readable .vqclip (ZIP) file: ${cause.message.replace(/^session: /, "")}`;
    throw new VqganClipError(cause.code, message, "was it copied completely?", { cause });
  });
  const limit = mostBytes(bytes.length);
  const total = [...directory.values()].reduce((sum2, { size }) => sum2 + size, 0);
  requires(total <= limit, "OUT_OF_LIMITS", () => `session: its entries claim ${total} bytes, the limit is ${limit}`);
  const entries = /* @__PURE__ */ new Map();
  for (const entry of directory.values()) entries.set(entry.name, await unpacked(source, entry));
  return entries;
}
async function unpacked(source, entry) {
  const { name, size, crc, stored, deflated } = entry;
  requires(stored || deflated, "BAD_FILE", () => `session: ${name} is packed in a way that is not known`);
  const data = await readPackedEntry(source, entry).then(
    (packed) => (stored ? packed : inflated(packed, size)),
    () => void 0,
  );
  requires(
    data?.length === size && crc32(data) === crc,
    "BAD_FILE",
    () => `session: ${name} is damaged: its bytes are not those that were written`,
    "copy the file again, or go on from an earlier copy",
  );
  return data;
}
function inflated(packed, size) {
  try {
    return inflateSync(packed, { out: new Uint8Array(size) });
  } catch {
    return void 0;
  }
}
function jsonOf(entries, name) {
  const bytes = entryOf2(entries, name);
  requires(
    bytes.length <= MAX_JSON_BYTES,
    "OUT_OF_LIMITS",
    () => `session: ${name} has ${bytes.length} bytes, the limit is ${MAX_JSON_BYTES}`,
  );
  try {
    return JSON.parse(strFromU8(bytes));
  } catch (cause) {
    throw new VqganClipError("BAD_FILE", `session: ${name} is not JSON`, void 0, { cause });
  }
}
function entryOf2(entries, name) {
  const bytes = entries.get(name);
  requires(bytes, "BAD_FILE", () => `session: the archive lacks ${name}`);
  return bytes;
}

// src/guidance/session-file.ts
var FORMAT = "vqclip";
var VERSION2 = 3;
var FIXED_DATE = new Date(1980, 0, 1);
var id = z5.int().min(1);
var step = z5.int().min(0);
var branch = { node: id, step };
var stateSchema = z5.object({
  step,
  optimizerStep: z5.int().min(0),
  /** How many latents the running average holds; its sum is with the state's arrays. */
  averageCount: z5.int().min(1).optional(),
  watch: z5.object({ smoothed: z5.number(), lowest: z5.number(), since: z5.int().min(0) }).optional(),
  /** Its latent is with the state's arrays. */
  best: z5.object({ step: z5.int().min(0), score: z5.number() }).optional(),
});
var nodeSchema = z5.object({
  id,
  origin: z5.discriminatedUnion("kind", [
    z5.object({ kind: z5.literal("start") }),
    z5.object({ kind: z5.literal("fork"), ...branch }),
    z5.object({ kind: z5.literal("paint"), ...branch, sha256: z5.string() }),
  ]),
  status: z5.enum(runStatuses),
  beganFrom: z5.enum(beginnings),
  changed: z5.boolean(),
  /** An edit's source; its pixels and mask are with the node's arrays. */
  source: z5.object({ sha256: z5.string() }).optional(),
  /** What each target's numbers were made from; they are with the node's arrays. */
  targets: z5.array(z5.object({ sha256: z5.string().optional() })),
  settings: z5.unknown(),
  /** Kept steps, rising; the last is where the node stands. */
  states: z5.array(stateSchema).min(1).refine(isRising, "expected rising steps"),
});
function isRising(states) {
  return states.every(({ step: step2 }, i) => i === 0 || step2 > states[i - 1].step);
}
var headSchema = z5.object({ format: z5.literal(FORMAT), version: z5.int() });
var manifestSchema = z5.object({
  format: z5.literal(FORMAT),
  version: z5.literal(VERSION2),
  models: z5.array(identitySchema),
  random: z5.literal(RANDOM_NAME),
  keepEvery: z5.int().min(0),
  current: id,
  nodes: z5.array(nodeSchema).min(1).max(1e4),
});
var nodeEntry = (node) => `node-${node}.safetensors`;
var stateEntry = (node, at) => `node-${node}-step-${at}.safetensors`;
function writeSession({ tree, models: models2 }, png) {
  const manifest = {
    format: FORMAT,
    version: VERSION2,
    models: [...models2],
    random: RANDOM_NAME,
    keepEvery: tree.keepEvery,
    current: tree.current,
    nodes: tree.nodes.map(factsOf),
  };
  const files = {
    "manifest.json": strToU82(`${JSON.stringify(manifest, null, 2)}
`),
  };
  for (const node of tree.nodes) {
    const own = nodeArrays(node);
    const { origin } = node;
    const inherited = origin.kind === "start" ? {} : nodeArrays(nodeOf(tree, origin.node));
    const fresh = Object.entries(own).filter(([name, array]) => !isSame(array, inherited[name]));
    files[nodeEntry(node.id)] = [writeSafetensors(Object.fromEntries(fresh)), { level: 0 }];
    for (const state of node.states) {
      files[stateEntry(node.id, state.step)] = [writeSafetensors(stateArrays(state, tipOf(node))), { level: 0 }];
    }
  }
  if (png) files["image.png"] = [png, { level: 0 }];
  return zipSync2(files, { mtime: FIXED_DATE, level: 6 });
}
function factsOf({ id: id2, origin, status, states }) {
  const { settings: settings2, beganFrom, changed, source, targets: targets2 } = states.at(-1);
  return {
    id: id2,
    origin,
    status,
    beganFrom,
    changed,
    ...(source && { source: { sha256: source.sha256 } }),
    targets: targets2.map(({ sha256 }) => (sha256 === void 0 ? {} : { sha256 })),
    settings: settings2,
    states: states.map(({ step: step2, optimizer: optimizer2, average, watch, best }) => ({
      step: step2,
      optimizerStep: optimizer2.step,
      ...(average && { averageCount: average.count }),
      ...(watch && { watch }),
      ...(best && { best: { step: best.step, score: best.score } }),
    })),
  };
}
function nodeArrays(node) {
  const { latentTarget, source, targets: targets2 } = tipOf(node);
  return {
    latentTarget,
    ...(node.painted && { painted: node.painted }),
    ...(source && { source: source.picture }),
    ...(source?.mask && { mask: source.mask }),
    ...Object.fromEntries(targets2.map(({ numbers }, i) => [`target.${i}`, numbers])),
  };
}
function stateArrays({ z: latent, latentTarget, optimizer: optimizer2, average, best }, tip) {
  const moments2 = Object.entries(optimizer2.arrays).map(([name, array]) => [`optimizer.${name}`, array]);
  const others = { ...(average && { average: average.biased }), ...(best && { "best.z": best.z }) };
  const target = !isSame(latentTarget, tip.latentTarget) && { latentTarget };
  return { z: latent, ...target, ...others, ...Object.fromEntries(moments2) };
}
function isSame(array, other) {
  if (array === other) return true;
  if (!other || array.dtype !== other.dtype || array.shape.join() !== other.shape.join()) return false;
  const [bytes, others] = [array.bytes, other.bytes];
  return bytes.every((byte, i) => byte === others[i]);
}
async function readSession(bytes) {
  const entries = await unzip(bytes);
  const json3 = jsonOf(entries, "manifest.json");
  checkVersion(headSchema.safeParse(json3).data?.version ?? VERSION2);
  const manifest = manifestSchema.safeParse(json3);
  if (!manifest.success) {
    const issue = manifest.error.issues[0];
    throw new VqganClipError("BAD_FILE", `session: manifest.json: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  const { models: models2, keepEvery, current, nodes: facts } = manifest.data;
  const nodes = [];
  const constants = /* @__PURE__ */ new Map();
  for (const node of facts) {
    const { origin } = node;
    const inherited = origin.kind === "start" ? {} : constants.get(origin.node);
    requires(
      inherited && !constants.has(node.id),
      "BAD_FILE",
      () => `session: manifest.json: node ${node.id} has no parent before it, or is there twice`,
    );
    const own = { ...inherited, ...(await arraysOf(entries, nodeEntry(node.id))) };
    constants.set(node.id, own);
    nodes.push(await nodeFrom(node, own, entries));
  }
  requires(constants.has(current), "BAD_FILE", () => `session: manifest.json: there is no node ${current}`);
  return { tree: { nodes, current, keepEvery }, models: models2 };
}
function checkVersion(version) {
  requires(
    version === VERSION2,
    "BAD_FILE",
    () => `session: its format is ${version}, this version reads ${VERSION2}`,
    version > VERSION2
      ? "update vqgan-clip"
      : "resume it with the version that wrote it, or unzip it and begin at its image.png with --init-image",
  );
}
async function nodeFrom(facts, own, entries) {
  const { id: id2, origin, status, beganFrom, changed, source } = facts;
  const settings2 = checkSettings(facts.settings);
  const edited = source && { source: sourceOf(source.sha256, own.source, own.mask) };
  requires(
    facts.targets.length === settings2.targets.length,
    "BAD_FILE",
    () => "session: manifest.json: targets and settings disagree",
  );
  const targets2 = facts.targets.map(({ sha256 }, i) => {
    const numbers = own[`target.${i}`];
    requires(numbers, "BAD_FILE", () => `session: ${nodeEntry(id2)} lacks target.${i}`);
    return { numbers, ...(sha256 !== void 0 && { sha256 }) };
  });
  const { latentTarget } = own;
  requires(latentTarget, "BAD_FILE", () => `session: ${nodeEntry(id2)} lacks latentTarget`);
  const states = [];
  for (const state of facts.states) {
    const arrays = await arraysOf(entries, stateEntry(id2, state.step));
    const changing = changingOf(state, arrays, settings2);
    const target = arrays.latentTarget ?? latentTarget;
    states.push({
      settings: settings2,
      beganFrom,
      changed,
      ...edited,
      targets: targets2,
      latentTarget: target,
      ...changing,
    });
  }
  const painted = own.painted && { painted: positionsLike(own.painted, tipOf({ states }).z) };
  return { id: id2, origin, status, states, ...painted };
}
function positionsLike(painted, { shape }) {
  requires(
    painted.dtype === "uint8" && sameShape(painted.shape, shape.slice(2)),
    "BAD_FILE",
    () => `session: painted is ${painted}, expected uint8[${shape.slice(2)}]`,
  );
  return painted;
}
function changingOf(facts, arrays, settings2) {
  const { step: step2, optimizerStep, averageCount, watch, best } = facts;
  const { z: latent } = arrays;
  requires(latent, "BAD_FILE", () => "session: a state lacks z");
  const moments2 = {};
  for (const name of Object.keys(optimizers[settings2.optimizer].init(0).arrays)) {
    const array = arrays[`optimizer.${name}`];
    requires(array?.size === latent.size, "BAD_FILE", () => `session: optimizer.${name} is missing or of another size`);
    moments2[name] = array;
  }
  requires(
    (averageCount !== void 0) === settings2.average > 0,
    "BAD_FILE",
    () => "session: manifest.json: averageCount and settings disagree",
  );
  return {
    step: step2,
    z: latent,
    optimizer: { step: optimizerStep, arrays: moments2 },
    ...(averageCount !== void 0 && {
      average: { biased: likeLatent("average", arrays.average, latent), count: averageCount },
    }),
    ...(watch && { watch }),
    ...(best && { best: { ...best, z: likeLatent("best.z", arrays["best.z"], latent) } }),
  };
}
function likeLatent(name, array, { shape }) {
  requires(
    array?.dtype === "float32" && sameShape(array.shape, shape),
    "BAD_FILE",
    () => `session: ${name} is missing or of another size`,
  );
  return array;
}
function sourceOf(sha256, picture, mask) {
  requires(
    picture?.dtype === "uint8" && picture.shape.length === 3 && picture.shape[0] === 3,
    "BAD_FILE",
    () => "session: a node lacks the source of its edit",
  );
  if (!mask) return { picture, sha256 };
  const [, height, width] = picture.shape;
  requires(mask.dtype === "uint8" && mask.shape.length === 2, "BAD_FILE", () => `session: mask is ${mask}`);
  checkMask(mask, [height, width]);
  return { picture, sha256, mask };
}

// src/image/png.ts
import { zlibSync } from "fflate";

// src/image/png-chunks.ts
var PNG_SIGNATURE = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
function isPng(bytes) {
  return bytes.length >= 8 && PNG_SIGNATURE.every((byte, i) => bytes[i] === byte);
}
function* pngChunks(bytes) {
  if (!isPng(bytes)) throw new VqganClipError("BAD_IMAGE", "pngChunks(): the bytes are not a PNG file");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 8; ; ) {
    const length = start + 12 <= bytes.length ? view.getUint32(start) : 0;
    const end2 = start + 12 + length;
    if (end2 > bytes.length) {
      throw new VqganClipError("BAD_IMAGE", `pngChunks(): the PNG file is cut short at byte ${bytes.length}`);
    }
    const type = String.fromCharCode(...bytes.subarray(start + 4, start + 8));
    yield { type, data: bytes.subarray(start + 8, end2 - 4), start, end: end2 };
    if (type === "IEND") return;
    start = end2;
  }
}
function isIntact(bytes, { start, end: end2 }) {
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end2 - 4);
  return stored === crc32(bytes.subarray(start + 4, end2 - 4));
}
function pngChunk(type, data) {
  const chunk = new Uint8Array(12 + data.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) chunk[4 + i] = type.charCodeAt(i);
  chunk.set(data, 8);
  view.setUint32(8 + data.length, crc32(chunk.subarray(4, 8 + data.length)));
  return chunk;
}
function concatenate(parts) {
  const whole7 = new Uint8Array(parts.reduce((total, part2) => total + part2.length, 0));
  let at = 0;
  for (const part2 of parts) {
    whole7.set(part2, at);
    at += part2.length;
  }
  return whole7;
}

// src/image/png-text.ts
import { Unzlib } from "fflate";

var TEXT_LIMIT = 16 * 2 ** 20;
function readPngText(bytes) {
  const texts2 = /* @__PURE__ */ new Map();
  let room = TEXT_LIMIT;
  for (const chunk of pngChunks(bytes)) {
    if (!isText(chunk.type)) continue;
    requires(isIntact(bytes, chunk), "BAD_IMAGE", () => `readPngText(): a ${chunk.type} chunk has a wrong checksum`);
    const { keyword, content, compressed, encoding } = parseText(chunk.type, chunk.data);
    const plain2 = compressed ? inflate(content, room) : content;
    room -= plain2.length;
    if (room < 0) throw tooLong();
    texts2.set(keyword, encoding === "utf-8" ? decodeUtf8(keyword, plain2) : latin1(plain2));
  }
  return Object.fromEntries(texts2);
}
function writePngText(bytes, texts2) {
  const added = Object.entries(texts2).map(([keyword, text2]) => textChunk(keyword, text2));
  const parts = [PNG_SIGNATURE];
  for (const chunk of pngChunks(bytes)) {
    if (isText(chunk.type) && Object.hasOwn(texts2, parseText(chunk.type, chunk.data).keyword)) continue;
    parts.push(bytes.subarray(chunk.start, chunk.end));
    if (chunk.type === "IHDR") parts.push(...added);
  }
  return concatenate(parts);
}
function textChunk(keyword, text2) {
  requires(
    /^[\x21-\x7e\xa1-\xff](?:[\x20-\x7e\xa1-\xff]{0,77}[\x21-\x7e\xa1-\xff])?$/.test(keyword) &&
      !keyword.includes("  "),
    "BAD_ARGUMENT",
    () => `writePngText(): a keyword is 1 to 79 printable Latin-1 characters, got ${JSON.stringify(keyword)}`,
  );
  const name = Uint8Array.from(keyword, (character) => character.charCodeAt(0));
  return pngChunk("iTXt", concatenate([name, new Uint8Array(5), new TextEncoder().encode(text2)]));
}
function isText(type) {
  return type === "iTXt" || type === "tEXt" || type === "zTXt";
}
function parseText(type, data) {
  const end2 = zeroAt(data, 0);
  const keyword = latin1(data.subarray(0, end2));
  if (type === "tEXt") return { keyword, content: data.subarray(end2 + 1), compressed: false, encoding: "latin1" };
  if (type === "zTXt") return { keyword, content: data.subarray(end2 + 2), compressed: true, encoding: "latin1" };
  const language = zeroAt(data, end2 + 3);
  const translated = zeroAt(data, language + 1);
  return { keyword, content: data.subarray(translated + 1), compressed: data[end2 + 1] === 1, encoding: "utf-8" };
}
function zeroAt(data, from) {
  const found = data.indexOf(0, from);
  requires(found >= 0, "BAD_IMAGE", () => "readPngText(): a text chunk has no end of its keyword");
  return found;
}
function inflate(content, limit) {
  const parts = [];
  let total = 0;
  const stream = new Unzlib((part2) => {
    total += part2.length;
    if (total > limit) throw tooLong();
    parts.push(part2);
  });
  try {
    for (let at = 0; at < content.length; at += 4096)
      stream.push(content.subarray(at, at + 4096), at + 4096 >= content.length);
  } catch (cause) {
    if (cause instanceof VqganClipError) throw cause;
    throw new VqganClipError("BAD_IMAGE", "readPngText(): a compressed text is damaged", void 0, { cause });
  }
  return concatenate(parts);
}
function decodeUtf8(keyword, bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new VqganClipError("BAD_IMAGE", `readPngText(): the text "${keyword}" is not UTF-8`, void 0, { cause });
  }
}
function latin1(bytes) {
  let text2 = "";
  for (let at = 0; at < bytes.length; at += 8192) text2 += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text2;
}
function tooLong() {
  return new VqganClipError("OUT_OF_LIMITS", `readPngText(): the file carries more than ${TEXT_LIMIT} bytes of text`);
}

// src/image/png.ts
var EIGHT_BIT_RGB = [8, 2, 0, 0, 0];
function encodePng(picture, texts2 = {}) {
  const [channels, height, width] = picture.shape;
  requires(
    picture.shape.length === 3 && channels === 3 && height > 0 && width > 0,
    "SHAPE_MISMATCH",
    () => `encodePng(): needs a picture [3,H,W], got ${picture}`,
  );
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set(EIGHT_BIT_RGB, 8);
  const pixels = zlibSync(filterRows(interleave(picture.floats(), height * width), height, width * 3), { level: 6 });
  const png = concatenate([
    PNG_SIGNATURE,
    pngChunk("IHDR", header),
    pngChunk("IDAT", pixels),
    pngChunk("IEND", new Uint8Array(0)),
  ]);
  return writePngText(png, texts2);
}
function interleave(planes, count2) {
  const bytes = new Uint8ClampedArray(3 * count2);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < count2; i++) bytes[3 * i + channel] = 255 * planes[channel * count2 + i];
  }
  return bytes;
}
var predictors = [() => 0, (left) => left, (_, up) => up, (left, up) => (left + up) >> 1, paeth];
function paeth(left, up, corner) {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
function filterRows(bytes, height, stride) {
  const filtered = new Uint8Array(height * (stride + 1));
  const attempt2 = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const row = y * stride;
    let best = Number.POSITIVE_INFINITY;
    predictors.forEach((predict, number) => {
      let total = 0;
      for (let i = 0; i < stride && total < best; i++) {
        const left = i >= 3 ? bytes[row + i - 3] : 0;
        const up = y > 0 ? bytes[row + i - stride] : 0;
        const corner = i >= 3 && y > 0 ? bytes[row + i - stride - 3] : 0;
        const difference = (bytes[row + i] - predict(left, up, corner)) & 255;
        attempt2[i] = difference;
        total += difference < 128 ? difference : 256 - difference;
      }
      if (total >= best) return;
      best = total;
      filtered[y * (stride + 1)] = number;
      filtered.set(attempt2, y * (stride + 1) + 1);
    });
  }
  return filtered;
}

// src/models/clip/config.ts
import { z as z6 } from "zod";

// src/models/parse.ts
function parsed(schema2, value, origin, hint) {
  const result = schema2.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const key = issue?.path.join(".");
  throw new VqganClipError("BAD_MODEL", `${origin}: ${key ? `${key}: ` : ""}${issue?.message}`, hint);
}

// src/models/clip/config.ts
var whole = z6.int().positive();
var tower = {
  num_hidden_layers: whole.default(12),
  hidden_act: z6.enum(["quick_gelu", "gelu"]).default("quick_gelu"),
  layer_norm_eps: z6.number().positive().default(1e-5),
};
var textSchema = z6.object({
  ...tower,
  vocab_size: whole.default(49408),
  hidden_size: whole.default(512),
  intermediate_size: whole.default(2048),
  num_attention_heads: whole.default(8),
  max_position_embeddings: whole.default(77),
  eos_token_id: z6.int().nonnegative().default(49407),
});
var visionSchema = z6.object({
  ...tower,
  hidden_size: whole.default(768),
  intermediate_size: whole.default(3072),
  num_attention_heads: whole.default(12),
  image_size: whole.default(224),
  patch_size: whole.default(32),
  num_channels: z6.literal(3, "only encoders of RGB pictures can be used").default(3),
});
var clipSchema = z6.object({
  model_type: z6.literal("clip", 'only model_type "clip" or "siglip" can be used').optional(),
  projection_dim: whole.default(512),
  text_config: z6.record(z6.string(), z6.unknown()).nullish(),
  text_config_dict: z6.record(z6.string(), z6.unknown()).nullish(),
  vision_config: z6.record(z6.string(), z6.unknown()).nullish(),
  vision_config_dict: z6.record(z6.string(), z6.unknown()).nullish(),
});
var triple = z6.array(z6.number()).length(3);
var openAiPixels = { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] };
var preprocessorSchema = z6.object({
  do_normalize: z6.boolean().default(true),
  image_mean: triple.default(openAiPixels.mean),
  image_std: triple.default(openAiPixels.std),
  crop_size: z6.union([whole, z6.object({ height: whole, width: whole })]).optional(),
});
function parseClipConfig(config, preprocessor = {}, origin = "config.json") {
  const { projection_dim, ...parts } = parsed(clipSchema, config, origin);
  const text2 = parsed(textSchema, { ...parts.text_config, ...parts.text_config_dict }, `${origin}: text_config`);
  const vision = parsed(
    visionSchema,
    { ...parts.vision_config, ...parts.vision_config_dict },
    `${origin}: vision_config`,
  );
  const pixels = parsed(preprocessorSchema, preprocessor, `preprocessor of ${origin}`);
  const { crop_size: crop = vision.image_size } = pixels;
  const [height, width] = typeof crop === "number" ? [crop, crop] : [crop.height, crop.width];
  requires(
    height === vision.image_size && width === vision.image_size,
    "BAD_MODEL",
    () => `${origin}: vision_config.image_size is ${vision.image_size}, preprocessor's crop_size ${width}x${height}`,
    "the two files seem to come from different models",
  );
  requires(
    vision.image_size % vision.patch_size === 0,
    "BAD_MODEL",
    () => `${origin}: image_size ${vision.image_size} is not a multiple of patch_size ${vision.patch_size}`,
  );
  for (const [name, { hidden_size, num_attention_heads }] of Object.entries({ text: text2, vision })) {
    requires(
      hidden_size % num_attention_heads === 0,
      "BAD_MODEL",
      () => `${origin}: ${name}_config.hidden_size ${hidden_size} does not split into ${num_attention_heads} heads`,
    );
  }
  return {
    embeddingSize: projection_dim,
    text: {
      ...towerConfig(text2),
      vocabulary: text2.vocab_size,
      contextLength: text2.max_position_embeddings,
      endToken: text2.eos_token_id === 2 ? void 0 : text2.eos_token_id,
      // as `transformers` reads that old mistake
    },
    image: { ...towerConfig(vision), size: vision.image_size, patch: vision.patch_size },
    pixelMean: pixels.do_normalize ? pixels.image_mean : [0, 0, 0],
    pixelStd: pixels.do_normalize ? pixels.image_std : [1, 1, 1],
  };
}
function towerConfig(config) {
  return {
    width: config.hidden_size,
    mlpWidth: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    activation: config.hidden_act,
    layerNormEpsilon: config.layer_norm_eps,
  };
}

// src/models/clip/open-clip-config.ts
import { z as z7 } from "zod";

var whole2 = z7.int().positive();
var visionSchema2 = z7.strictObject({
  image_size: whole2.default(224),
  /** Four numbers: the blocks of a ResNet's stages */
  layers: z7.union([whole2, z7.array(whole2).length(4)]).default(12),
  width: whole2.default(768),
  head_width: whole2.default(64),
  patch_size: whole2.default(16),
  mlp_ratio: z7.number().positive().default(4),
  pool_type: z7.literal("tok").optional(),
  pos_embed_type: z7.literal("learnable").optional(),
  patch_dropout: z7.number().optional(),
});
var textSchema2 = z7.strictObject({
  context_length: whole2.default(77),
  vocab_size: whole2.default(49408),
  width: whole2.default(512),
  heads: whole2.default(8),
  layers: whole2.default(12),
  mlp_ratio: z7.number().positive().default(4),
  pool_type: z7.literal("argmax").optional(),
  proj_type: z7.literal("linear").optional(),
  pad_id: z7.int().optional(),
  eos_id: z7.int().optional(),
  hf_tokenizer_name: z7.string().optional(),
  tokenizer_kwargs: z7.unknown().optional(),
});
var modelSchema = z7.strictObject({
  embed_dim: whole2,
  quick_gelu: z7.boolean().default(false),
  vision_cfg: z7.record(z7.string(), z7.unknown()),
  text_cfg: z7.record(z7.string(), z7.unknown()),
  init_logit_scale: z7.number().optional(),
  init_logit_bias: z7.number().optional(),
});
var OTHER_TOWERS =
  "of OpenCLIP's models those with OpenAI's towers are read; SigLIP from folders such as google/siglip-base-patch16-224";
var triple2 = z7.array(z7.number()).length(3);
var fileSchema = z7.object({
  model_cfg: z7.record(z7.string(), z7.unknown()),
  preprocess_cfg: z7.object({ mean: triple2.optional(), std: triple2.optional() }).nullish(),
});
function parseOpenClipConfig(file, origin = "open_clip_config.json") {
  const { model_cfg, preprocess_cfg } = parsed(fileSchema, file, origin);
  const model = parsed(modelSchema, stated(model_cfg), `${origin}: model_cfg`, OTHER_TOWERS);
  const vision = parsed(visionSchema2, stated(model.vision_cfg), `${origin}: model_cfg.vision_cfg`, OTHER_TOWERS);
  const text2 = parsed(textSchema2, stated(model.text_cfg), `${origin}: model_cfg.text_cfg`, OTHER_TOWERS);
  const { layers, width, head_width: headWidth, image_size: size, patch_size: patch } = vision;
  const tower3 = (of, depth, heads) => ({
    width: of.width,
    mlpWidth: Math.floor(of.width * of.mlp_ratio),
    layers: depth,
    heads,
    activation: model.quick_gelu ? "quick_gelu" : "gelu",
    layerNormEpsilon: 1e-5,
  });
  const isResNet = typeof layers !== "number";
  const channels = isResNet ? 32 * width : width;
  const cell = isResNet ? 32 : patch;
  requires(
    size % cell === 0 && channels % headWidth === 0 && text2.width % text2.heads === 0,
    "BAD_MODEL",
    () =>
      `${origin}: image_size ${size} must be a multiple of ${cell}, ${channels} channels of head_width ${headWidth}, the text's width ${text2.width} of its ${text2.heads} heads`,
  );
  return {
    embeddingSize: model.embed_dim,
    text: {
      ...tower3(text2, text2.layers, text2.heads),
      vocabulary: text2.vocab_size,
      contextLength: text2.context_length,
      endToken: void 0,
    },
    image: isResNet
      ? { size, width, blocks: layers, heads: channels / headWidth }
      : { ...tower3(vision, layers, channels / headWidth), size, patch },
    pixelMean: preprocess_cfg?.mean ?? openAiPixels.mean,
    pixelStd: preprocess_cfg?.std ?? openAiPixels.std,
  };
}
function stated(config) {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null && value !== false));
}

// src/models/clip/tokenizer-patterns.ts
import { RegExpParser } from "@eslint-community/regexpp";
// src/models/clip/tokenizer.ts
import { Tokenizer } from "@huggingface/tokenizers";
import { z as z8 } from "zod";

var MAX_REPETITIONS = 2;
var MAX_CHOICES = 8;
var MAX_GROWTH = 1e4;
function requireTamePatterns(parts, origin) {
  let growth = 1;
  for (const part2 of allParts(parts)) {
    if (part2 instanceof RegExp) requireTame(part2, origin);
    const { pattern, content } = part2.config ?? {};
    if (pattern === void 0 || typeof content !== "string") continue;
    requires(
      !/\$[&`'<\d]/.test(content),
      "BAD_MODEL",
      () => `${origin}: the replacement ${shown(content)} refers to what it replaces`,
    );
    growth *= Math.max(1, content.length);
    requires(growth <= MAX_GROWTH, "BAD_MODEL", () => `${origin}: its replacements make texts ${growth} times longer`);
  }
}
function allParts(roots) {
  const found = /* @__PURE__ */ new Set();
  const waiting = [...roots];
  while (waiting.length > 0) {
    const part2 = waiting.pop();
    const isPart = (typeof part2 === "object" && part2 !== null) || typeof part2 === "function";
    if (!isPart || found.has(part2)) continue;
    found.add(part2);
    waiting.push(...Object.values(part2));
  }
  return found;
}
function requireTame({ source }, origin) {
  let pattern;
  try {
    pattern = new RegExpParser().parsePattern(source, void 0, void 0, { unicode: true });
  } catch (cause) {
    throw new VqganClipError("BAD_MODEL", `${origin}: its pattern ${shown(source)} is not understood`, void 0, {
      cause,
    });
  }
  const ways = pattern.alternatives.map(waysThrough);
  requires(
    ways.every(({ repetitions, choices }) => repetitions <= MAX_REPETITIONS && choices <= MAX_CHOICES),
    "BAD_MODEL",
    () => `${origin}: its pattern ${shown(source)} could take for ever on some texts`,
    "a tokenizer needs no repetitions within repetitions, and few in a row; use the model's own tokenizer.json",
  );
}
var ENDLESS = { repetitions: Number.POSITIVE_INFINITY, choices: 0, counts: 1 };
function waysThrough(part2) {
  switch (part2.type) {
    case "Alternative":
      return sum(part2.elements.map(waysThrough));
    case "Quantifier": {
      const inner = waysThrough(part2.element);
      if (part2.max === 1) return sum([inner, { repetitions: 0, choices: 1, counts: 1 }]);
      if (inner.choices + inner.counts > 0) return ENDLESS;
      return { repetitions: part2.min === part2.max ? 0 : 1, choices: 0, counts: 1 };
    }
    case "Backreference":
      return ENDLESS;
    case "Group":
    case "CapturingGroup":
      return between(part2.alternatives);
    case "Assertion":
      return "alternatives" in part2 ? between(part2.alternatives) : sum([]);
    default:
      return sum([]);
  }
}
function between(alternatives) {
  const choices = alternatives.length > 1 ? 1 : 0;
  return sum([...alternatives.map(waysThrough), { repetitions: 0, choices, counts: 0 }]);
}
function sum(parts) {
  const total = (name) => parts.reduce((sum2, ways) => sum2 + ways[name], 0);
  return { repetitions: total("repetitions"), choices: total("choices"), counts: total("counts") };
}

// src/models/clip/tokenizer.ts
var fileSchema2 = z8.object({
  added_tokens: z8.array(z8.object({ content: z8.string(), special: z8.boolean().default(false) })).default([]),
  padding: z8.object({ pad_id: z8.int().nonnegative() }).nullish(),
  model: z8.object({ unk_token: z8.string().nullish(), type: z8.string().optional(), vocab: z8.unknown().optional() }),
});
function clipTokenizer(file, { contextLength, endToken, vocabulary }, origin = "tokenizer.json", padToken) {
  const { added_tokens, padding, model } = parsed(fileSchema2, file, origin);
  const tokenizer2 = open(file, origin);
  const { normalizer, pre_tokenizer, post_processor } = tokenizer2;
  requireTamePatterns([normalizer, pre_tokenizer, post_processor], origin);
  const specials = added_tokens.filter(({ special }) => special).map(({ content }) => content);
  const prepare = attempt(() => lowercases(tokenizer2), origin) ? forLowercase(specials) : (text2) => text2;
  const encode = (text2) => attempt(() => wholes(tokenizer2.encode(prepare(text2)).ids), origin);
  const empty = encode("");
  const last = empty.at(-1);
  requires(last !== void 0, "BAD_MODEL", () => `${origin}: an empty text has no end token, CLIP needs one`);
  const end2 = endToken ?? last;
  requires(
    empty.includes(end2),
    "BAD_MODEL",
    () => `${origin}: texts end with token ${last}, config.json's text_config.eos_token_id is ${end2}`,
    "the two files seem to come from different models",
  );
  const padId = (padToken === void 0 ? void 0 : tokenizer2.token_to_id(padToken)) ?? padding?.pad_id ?? last;
  const unknownId = unknownToken(tokenizer2, model.unk_token, empty);
  return (text2) => {
    const all = encode(text2);
    const surplus = all.find((id2) => id2 >= vocabulary);
    requires(
      surplus === void 0,
      "BAD_MODEL",
      () => `${origin}: gives token ${surplus}, the model knows ${vocabulary}`,
      "tokenizer.json seems to come from another model",
    );
    const fits = all.length <= contextLength;
    const ids = fits ? all : [...all.slice(0, contextLength - 1), last];
    return {
      ids: [...ids, ...new Array(contextLength - ids.length).fill(padId)],
      length: ids.length,
      end: ids.indexOf(end2),
      ...(!fits && { truncated: cutText(text2, contextLength, encode) }),
      unknown: unknownId === void 0 ? [] : attempt(() => unknownWords(tokenizer2, prepare(text2), unknownId), origin),
    };
  };
}
function knownWords(file, origin = "tokenizer.json") {
  const { model, added_tokens } = parsed(fileSchema2, file, origin);
  if (model.type !== "WordLevel" && model.type !== "WordPiece") return void 0;
  const special = /* @__PURE__ */ new Set([model.unk_token, ...added_tokens.map(({ content }) => content)]);
  return Object.keys(model.vocab ?? {}).filter((word) => !special.has(word) && !word.startsWith("##"));
}
function open(file, origin) {
  return attempt(() => new Tokenizer(file, {}), origin);
}
function attempt(work, origin) {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof VqganClipError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VqganClipError("BAD_MODEL", `${origin}: not a usable tokenizer: ${reason}`, void 0, { cause });
  }
}
function wholes(ids) {
  if (Array.isArray(ids) && ids.every((id2) => Number.isSafeInteger(id2) && id2 >= 0)) return ids;
  throw new Error("it gives tokens that have no id");
}
var lowercases = ({ normalizer }) => normalizer?.("A") === "a";
function forLowercase(specials) {
  const escaped = specials.map((special) => special.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const inAnyCase = specials.length > 0 ? new RegExp(escaped.join("|"), "giu") : void 0;
  const apart = (found) => (specials.includes(found) ? found : ` ${found} `);
  return (text2) => {
    const marked = inAnyCase ? text2.replace(inAnyCase, apart) : text2;
    return marked.replaceAll("\u03A3", "\u03C3");
  };
}
function unknownToken(tokenizer2, token, empty) {
  const id2 = token == null ? void 0 : tokenizer2.token_to_id(token);
  return id2 === void 0 || empty.includes(id2) ? void 0 : id2;
}
function unknownWords(tokenizer2, text2, unknownId) {
  const normal = tokenizer2.normalizer ? tokenizer2.normalizer(text2) : text2;
  const words = tokenizer2.pre_tokenizer ? tokenizer2.pre_tokenizer(normal) : [normal];
  const isUnknown = (word) => tokenizer2.encode(word, { add_special_tokens: false }).ids.includes(unknownId);
  return [...new Set(words)].filter(isUnknown);
}
function cutText(text2, limit, encode) {
  const wordEnds = Array.from(text2.matchAll(/\S+/gu), (word) => word.index + word[0].length);
  const places = lastFitting(wordEnds, text2, limit, encode) > 0 ? wordEnds : codePointEnds(text2);
  const at = places[lastFitting(places, text2, limit, encode) - 1] ?? 0;
  return { kept: text2.slice(0, at), cut: text2.slice(at) };
}
function lastFitting(places, text2, limit, encode) {
  let [fitting, beyond] = [0, places.length + 1];
  while (beyond - fitting > 1) {
    const middle = Math.floor((fitting + beyond) / 2);
    if (encode(text2.slice(0, places[middle - 1])).length <= limit) fitting = middle;
    else beyond = middle;
  }
  return fitting;
}
function codePointEnds(text2) {
  let end2 = 0;
  return Array.from(text2, (character) => (end2 += character.length));
}

// src/models/siglip/config.ts
import { z as z9 } from "zod";

var whole3 = z9.int().positive();
var tower2 = {
  hidden_size: whole3.default(768),
  intermediate_size: whole3.default(3072),
  num_hidden_layers: whole3.default(12),
  num_attention_heads: whole3.default(12),
  hidden_act: z9.literal("gelu_pytorch_tanh").default("gelu_pytorch_tanh"),
  layer_norm_eps: z9.number().positive().default(1e-6),
};
var textSchema3 = z9.object({
  ...tower2,
  vocab_size: whole3.default(32e3),
  max_position_embeddings: whole3.default(64),
  projection_size: whole3.nullish(),
});
var visionSchema3 = z9.object({
  ...tower2,
  image_size: whole3.default(224),
  patch_size: whole3.default(16),
  num_channels: z9.literal(3, "only encoders of RGB pictures can be used").default(3),
  vision_use_head: z9.literal(true, "only models with their pooling head can be used").default(true),
});
var part = z9.record(z9.string(), z9.unknown()).nullish();
var fileSchema3 = z9.object({ text_config: part, vision_config: part });
var triple3 = z9.array(z9.number()).length(3);
var half = [0.5, 0.5, 0.5];
var preprocessorSchema2 = z9.object({ image_mean: triple3.default(half), image_std: triple3.default(half) });
function parseSiglipConfig(config, preprocessor = {}, origin = "config.json") {
  const { text_config, vision_config } = parsed(fileSchema3, config, origin);
  const text2 = parsed(textSchema3, text_config ?? {}, `${origin}: text_config`);
  const vision = parsed(visionSchema3, vision_config ?? {}, `${origin}: vision_config`);
  const pixels = parsed(preprocessorSchema2, preprocessor, `preprocessor of ${origin}`);
  requires(
    vision.image_size >= vision.patch_size,
    "BAD_MODEL",
    () => `${origin}: image_size ${vision.image_size} is less than patch_size ${vision.patch_size}`,
  );
  for (const [name, { hidden_size, num_attention_heads }] of Object.entries({ text: text2, vision })) {
    requires(
      hidden_size % num_attention_heads === 0,
      "BAD_MODEL",
      () => `${origin}: ${name}_config.hidden_size ${hidden_size} does not split into ${num_attention_heads} heads`,
    );
  }
  const embeddingSize = text2.projection_size ?? text2.hidden_size;
  requires(
    embeddingSize === vision.hidden_size,
    "BAD_MODEL",
    () => `${origin}: texts are embedded in ${embeddingSize} numbers, pictures in ${vision.hidden_size}`,
  );
  return {
    embeddingSize,
    text: {
      ...towerConfig2(text2),
      vocabulary: text2.vocab_size,
      contextLength: text2.max_position_embeddings,
      endToken: void 0,
    },
    image: { ...towerConfig2(vision), size: vision.image_size, patch: vision.patch_size },
    pixelMean: pixels.image_mean,
    pixelStd: pixels.image_std,
  };
}
function towerConfig2(config) {
  return {
    width: config.hidden_size,
    mlpWidth: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    activation: "gelu_tanh",
    layerNormEpsilon: config.layer_norm_eps,
  };
}

// src/models/tiny/config.ts
import { z as z10 } from "zod";

var whole4 = z10.int().positive();
var counts = z10.array(z10.int().nonnegative()).min(1);
var widths = z10.array(whole4).min(1);
var rgb = z10.literal(3, "only models of RGB pictures can be used").default(3);
var schema = z10.object({
  in_channels: rgb,
  out_channels: rgb,
  latent_channels: whole4.default(4),
  encoder_block_out_channels: widths.default([64, 64, 64, 64]),
  decoder_block_out_channels: widths.default([64, 64, 64, 64]),
  num_encoder_blocks: counts.default([1, 3, 3, 3]),
  num_decoder_blocks: counts.default([3, 3, 3, 1]),
  act_fn: z10.literal("relu").default("relu"),
  upsample_fn: z10.literal("nearest").default("nearest"),
  upsampling_scaling_factor: z10.literal(2).default(2),
  scaling_factor: z10.number().positive().default(1),
});
function parseTinyConfig(config, origin) {
  const file = parsed(schema, config, origin);
  const stages = (side2) => {
    const [channels, blocks] = [file[`${side2}_block_out_channels`], file[`num_${side2}_blocks`]];
    const isUniform = channels.every((width) => width === channels[0]);
    requires(
      channels.length === blocks.length && isUniform,
      "BAD_MODEL",
      () =>
        `${origin}: ${side2}: expected as many blocks as channels, and these all equal, found [${blocks}] and [${channels}]`,
    );
    return channels.map((width, i) => ({ channels: width, blocks: blocks[i] }));
  };
  const [encoder, decoder] = [stages("encoder"), stages("decoder")];
  requires(
    encoder.length === decoder.length,
    "BAD_MODEL",
    () => `${origin}: ${encoder.length} stages down and ${decoder.length} up do not fit`,
  );
  return { latentChannels: file.latent_channels, encoder, decoder, scale: file.scaling_factor };
}

// src/models/yaml-value.ts
import { isScalar, parseDocument, visit } from "yaml";
// src/models/vqgan/config.ts
import { z as z11 } from "zod";

var MAX_LENGTH = 2 ** 17;
function yamlValue(text2) {
  requires(text2.length <= MAX_LENGTH, "BAD_MODEL", () => `${text2.length} characters, the limit is ${MAX_LENGTH}`);
  const document = parseDocument(text2, { uniqueKeys: false, logLevel: "error" });
  const [error] = document.errors;
  if (error) throw error;
  visit(document, {
    Map: (_, { items }) => {
      const keys = /* @__PURE__ */ new Set();
      for (const { key } of items) {
        const name = isScalar(key) ? key.value : key;
        requires(!keys.has(name), "BAD_MODEL", () => `the key ${shown(name)} comes twice`);
        keys.add(name);
      }
    },
  });
  return document.toJS();
}

// src/models/vqgan/config.ts
var whole5 = z11.int().positive();
var architectureSchema = z11.object({
  ch: whole5,
  ch_mult: z11.array(whole5).min(1),
  num_res_blocks: z11.int().nonnegative(),
  attn_resolutions: z11.array(whole5),
  resolution: whole5,
  z_channels: whole5,
  in_channels: z11.literal(3, "only models of RGB pictures can be used").default(3),
  out_ch: z11.literal(3, "only models of RGB pictures can be used").default(3),
  double_z: z11.boolean().default(false),
  resamp_with_conv: z11.literal(true, "levels joined without a convolution are not supported").default(true),
});
var paramsSchema = z11.object({ embed_dim: whole5, ddconfig: architectureSchema });
var codesSchema = z11.object({ n_embed: whole5 });
var modelSchema2 = z11.object({ target: z11.string(), params: z11.record(z11.string(), z11.unknown()) });
var kinds = {
  VQModel: "vq",
  VQModelInterface: "vq",
  VQNoDiscModel: "vq",
  EMAVQ: "vq",
  GumbelVQ: "gumbel",
  AutoencoderKL: "kl",
};
function parseVqganConfig(yaml, origin = "config.yaml") {
  const file = parsed(z11.object({ model: modelSchema2 }), parseYaml(yaml, origin), origin);
  const { model } = file;
  const firstStage = model.params.first_stage_config;
  if (firstStage === void 0) return configOf(model, "", origin);
  const stage = parsed(modelSchema2, firstStage, `${origin}: first_stage_config`);
  const { scale_factor: scale } = parsed(scaleSchema, model.params, `${origin}: params`);
  return { ...configOf(stage, "first_stage_model.", origin), scale };
}
var scaleSchema = z11.object({ scale_factor: z11.number().positive().default(1) });
function configOf({ target, params }, prefix, origin) {
  const kind = kinds[target.slice(target.lastIndexOf(".") + 1)];
  if (!kind) {
    const known = Object.keys(kinds).join(", ");
    throw new VqganClipError("BAD_MODEL", `${origin}: target ${target} is no VQGAN`, `known classes: ${known}`);
  }
  const { embed_dim, ddconfig } = parsed(paramsSchema, params, `${origin}: params`);
  requires(
    ddconfig.double_z === (kind === "kl"),
    "BAD_MODEL",
    () => `${origin}: params: ddconfig.double_z: expected ${kind === "kl"} of ${target}, found ${ddconfig.double_z}`,
  );
  return {
    kind,
    prefix,
    codeChannels: embed_dim,
    codes: kind === "kl" ? 0 : parsed(codesSchema, params, `${origin}: params`).n_embed,
    latentChannels: ddconfig.z_channels,
    resolution: ddconfig.resolution,
    channels: ddconfig.ch,
    ...levelsOf(ddconfig),
    blocksPerLevel: ddconfig.num_res_blocks,
    groups: 32,
    middleAttends: true,
    codeConvs: { to: true, from: true },
    scale: 1,
    shift: 0,
  };
}
function levelsOf({ ch, ch_mult, resolution, attn_resolutions }) {
  const level = (multiplier, side2) => ({
    channels: ch * multiplier,
    attends: attn_resolutions.includes(side2),
  });
  const smallest = Math.floor(resolution / 2 ** (ch_mult.length - 1));
  return {
    encoder: ch_mult.map((multiplier, i) => level(multiplier, Math.floor(resolution / 2 ** i))),
    // Doubled from the smallest side: an odd training side gives other sides than the encoder's.
    decoder: ch_mult.toReversed().map((multiplier, i) => level(multiplier, smallest * 2 ** i)),
  };
}
function parseYaml(yaml, origin) {
  try {
    return yamlValue(yaml);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VqganClipError("BAD_MODEL", `${origin}: not a yaml file: ${reason}`, void 0, { cause });
  }
}

// src/models/vqgan/diffusers.ts
import { z as z12 } from "zod";

var whole6 = z12.int().positive();
var rgb2 = z12.literal(3, "only models of RGB pictures can be used").default(3);
var commonSchema = z12.object({
  in_channels: rgb2,
  out_channels: rgb2,
  down_block_types: z12.array(z12.enum(["DownEncoderBlock2D", "AttnDownEncoderBlock2D"])).min(1),
  up_block_types: z12.array(z12.enum(["UpDecoderBlock2D", "AttnUpDecoderBlock2D"])).min(1),
  block_out_channels: z12.array(whole6).min(1),
  layers_per_block: z12.int().nonnegative().default(1),
  act_fn: z12.literal("silu").default("silu"),
  norm_num_groups: whole6.default(32),
  sample_size: z12.union([whole6, z12.array(whole6).min(1)]).default(32),
  mid_block_add_attention: z12.boolean().default(true),
});
var vqSchema = commonSchema.extend({
  latent_channels: whole6.default(3),
  num_vq_embeddings: whole6.default(256),
  vq_embed_dim: whole6.nullish(),
  norm_type: z12.literal("group", "norms that look at the latent are not supported").default("group"),
});
var klSchema = commonSchema.extend({
  latent_channels: whole6.default(4),
  scaling_factor: z12.number().positive().default(0.18215),
  shift_factor: z12.number().nullish(),
  use_quant_conv: z12.boolean().default(true),
  use_post_quant_conv: z12.boolean().default(true),
});
function parseDiffusersConfig(config, origin) {
  const { _class_name: kind } = parsed(z12.object({ _class_name: z12.string() }), config, origin);
  if (kind === "VQModel") {
    const file = parsed(vqSchema, config, origin);
    return {
      kind: "vq",
      ...common2(file, origin),
      codeChannels: file.vq_embed_dim ?? file.latent_channels,
      codes: file.num_vq_embeddings,
      latentChannels: file.latent_channels,
      codeConvs: { to: true, from: true },
      scale: 1,
      shift: 0,
    };
  }
  if (kind === "AutoencoderKL") {
    const file = parsed(klSchema, config, origin);
    return {
      kind: "kl",
      ...common2(file, origin),
      codeChannels: file.latent_channels,
      codes: 0,
      latentChannels: file.latent_channels,
      codeConvs: { to: file.use_quant_conv, from: file.use_post_quant_conv },
      scale: file.scaling_factor,
      shift: file.shift_factor ?? 0,
    };
  }
  throw new VqganClipError(
    "BAD_MODEL",
    `${origin}: a ${kind} is no generator of pictures that is known here`,
    "known classes: VQModel, AutoencoderKL, AutoencoderTiny",
  );
}
function common2(file, origin) {
  const { block_out_channels: channels, down_block_types: down, up_block_types: up } = file;
  if (down.length !== channels.length || up.length !== channels.length) {
    throw new VqganClipError(
      "BAD_MODEL",
      `${origin}: ${channels.length} block_out_channels, ${down.length} down_block_types and ${up.length} up_block_types do not fit`,
    );
  }
  const sample = file.sample_size;
  const attends = (type) => type.startsWith("Attn");
  const encoder = channels.map((width, i) => ({ channels: width, attends: attends(down[i]) }));
  return {
    prefix: "",
    resolution: typeof sample === "number" ? sample : sample[0],
    channels: channels[0],
    encoder,
    decoder: channels.toReversed().map((width, i) => ({ channels: width, attends: attends(up[i]) })),
    blocksPerLevel: file.layers_per_block,
    groups: file.norm_num_groups,
    middleAttends: file.mid_block_add_attention,
  };
}

// src/weights/pickle-reader.ts
var PickleTruncated = class extends VqganClipError {
  constructor(at) {
    super(
      "BAD_FILE",
      `unpickle(): the pickle ends at byte ${at}, before it is complete`,
      "fetch or copy the file again",
    );
  }
};
var LINE_LIMIT = 4096;
var LONG_LIMIT = 1024;
var PickleReader = class {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  bytes;
  at;
  view;
  text = new TextDecoder("utf-8");
  uint8() {
    return this.view.getUint8(this.advance(1));
  }
  uint16() {
    return this.view.getUint16(this.advance(2), true);
  }
  uint32() {
    return this.view.getUint32(this.advance(4), true);
  }
  int32() {
    return this.view.getInt32(this.advance(4), true);
  }
  /** An 8-byte length. */
  size() {
    const value = this.view.getBigUint64(this.advance(8), true);
    if (value > BigInt(this.bytes.byteLength)) throw new PickleTruncated(this.bytes.byteLength);
    return Number(value);
  }
  float64() {
    return this.view.getFloat64(this.advance(8));
  }
  raw(length) {
    const start = this.advance(length);
    return this.bytes.subarray(start, start + length);
  }
  utf8(length) {
    return this.text.decode(this.raw(length));
  }
  /** Up to the next newline, which is consumed. */
  line() {
    const end2 = this.bytes.indexOf(10, this.at);
    if (end2 < 0 && this.bytes.byteLength - this.at <= LINE_LIMIT) throw new PickleTruncated(this.bytes.byteLength);
    if (end2 < 0 || end2 - this.at > LINE_LIMIT) {
      throw new VqganClipError(
        "OUT_OF_LIMITS",
        `unpickle(): a line at byte ${this.at} is over ${LINE_LIMIT} bytes long`,
      );
    }
    const line = this.utf8(end2 - this.at);
    this.at++;
    return line;
  }
  /** A little-endian two's complement integer of `length` bytes; a bigint when it does not fit a number. */
  long(length) {
    if (length > LONG_LIMIT) {
      throw new VqganClipError(
        "OUT_OF_LIMITS",
        `unpickle(): an integer of ${length} bytes, the limit is ${LONG_LIMIT}`,
      );
    }
    let value = 0n;
    const raw = this.raw(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(raw[i]);
    return narrow(length > 0 && raw[length - 1] & 128 ? value - (1n << BigInt(8 * length)) : value);
  }
  advance(length) {
    const start = this.at;
    if (length < 0 || start + length > this.bytes.byteLength) throw new PickleTruncated(this.bytes.byteLength);
    this.at = start + length;
    return start;
  }
};
function narrow(value) {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

// src/weights/pickle-values.ts
var PickleGlobal = class {
  constructor(module, name, call) {
    this.module = module;
    this.name = name;
    this.call = call;
  }
  module;
  name;
  call;
  toString() {
    return `${this.module}.${this.name}`;
  }
};
var Placeholder = class {
  constructor(type) {
    this.type = type;
  }
  type;
  toString() {
    return `<${this.type}>`;
  }
};
var ScriptObject = class extends Placeholder {
  attributes = /* @__PURE__ */ new Map();
};

// src/weights/pickle.ts
var OPERATION_LIMIT = 2e7;
var STACK_LIMIT = 4e6;
var MARK_LIMIT = 1e4;
var MEMO_LIMIT = 4e6;
var NAME_LIMIT = 1e3;
var ARGUMENT_LIMIT = 4e6;
function unpickle(bytes, { resolve, loadPersistent, start = 0 }) {
  const reader = new PickleReader(bytes, start);
  const machine = new Machine(reader, resolve, loadPersistent);
  for (let count2 = 0; count2 < OPERATION_LIMIT; count2++) {
    const opcode = reader.uint8();
    if (opcode === 46) return { value: machine.pop(), end: reader.at };
    const operation = operations[opcode];
    if (!operation) {
      const shown2 = `0x${opcode.toString(16).padStart(2, "0")}`;
      throw new VqganClipError(
        "BAD_FILE",
        `unpickle(): opcode ${shown2} at byte ${reader.at - 1}, which torch never writes`,
      );
    }
    operation(machine, reader);
  }
  throw new VqganClipError("OUT_OF_LIMITS", `unpickle(): the pickle has more than ${OPERATION_LIMIT} operations`);
}
var Machine = class {
  constructor(reader, resolve, loadPersistent) {
    this.reader = reader;
    this.resolve = resolve;
    this.loadPersistent = loadPersistent;
  }
  reader;
  resolve;
  loadPersistent;
  stack = [];
  memo = /* @__PURE__ */ new Map();
  marks = [];
  argumentItems = 0;
  fail(what) {
    return new VqganClipError("BAD_FILE", `unpickle(): at byte ${this.reader.at}: ${what}`);
  }
  push(value) {
    if (this.stack.length >= STACK_LIMIT) throw tooMany("values on the stack", STACK_LIMIT);
    this.stack.push(value);
  }
  pop() {
    if (this.stack.length === 0) throw this.fail("the stack is empty");
    return this.stack.pop();
  }
  top() {
    if (this.stack.length === 0) throw this.fail("the stack is empty");
    return this.stack.at(-1);
  }
  mark() {
    if (this.marks.length >= MARK_LIMIT) throw tooMany("nested marks", MARK_LIMIT);
    this.marks.push(this.stack);
    this.stack = [];
  }
  popToMark() {
    const items = this.stack;
    const outer = this.marks.pop();
    if (!outer) throw this.fail("there is no mark");
    this.stack = outer;
    return items;
  }
  memoize(index) {
    if (this.memo.size >= MEMO_LIMIT) throw tooMany("remembered values", MEMO_LIMIT);
    this.memo.set(index, this.top());
  }
  recall(index) {
    if (!this.memo.has(index)) throw this.fail(`nothing is remembered under ${index}`);
    this.push(this.memo.get(index));
  }
  global(module, name) {
    if (typeof module !== "string" || typeof name !== "string") throw this.fail("a global's name must be text");
    if (module.length + name.length > NAME_LIMIT) throw tooMany("characters in a global's name", NAME_LIMIT);
    this.push(this.resolve(module, name));
  }
  persistent(id2) {
    if (!this.loadPersistent) throw this.fail("a persistent id, and none is expected here");
    this.push(this.loadPersistent(id2));
  }
  /** `callee(*args)`: an allowed global does what the reader defines, all else becomes a Placeholder. */
  call(callee, args) {
    if (callee instanceof Placeholder) this.push(callee);
    else if (!(callee instanceof PickleGlobal)) throw this.fail("called something that is no class or function");
    else if (!callee.call) this.push(new Placeholder(String(callee)));
    else if (!Array.isArray(args)) throw this.fail(`the arguments of ${callee} must be a tuple`);
    else {
      for (const arg of args) this.argumentItems += Array.isArray(arg) ? arg.length : 1;
      if (this.argumentItems > ARGUMENT_LIMIT) throw tooMany("items handed to calls", ARGUMENT_LIMIT);
      this.push(callee.call(args));
    }
  }
  append(items) {
    const target = this.top();
    if (Array.isArray(target)) for (const item of items) target.push(item);
    else if (target instanceof Set) for (const item of items) target.add(item);
    else if (!(target instanceof Placeholder)) throw this.fail("appended to something that is no list or set");
  }
  setItems(items) {
    const target = this.top();
    if (items.length % 2 !== 0) throw this.fail("an odd number of keys and values");
    if (target instanceof Map) {
      for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
    } else if (!(target instanceof Placeholder)) throw this.fail("set an item of something that is no dict");
  }
};
var pushes = (read) => {
  return (machine, reader) => machine.push(read(reader));
};
var tuple = (length) => {
  return (machine) => {
    const items = Array.from({ length }, () => machine.pop()).reverse();
    machine.push(items);
  };
};
var operations = {
  // Frame and protocol
  128: (machine, reader) => {
    const protocol = reader.uint8();
    if (protocol > 5) throw machine.fail(`pickle protocol ${protocol}, known are 0 to 5`);
  },
  149: (_, reader) => void reader.size(),
  // FRAME
  // Constants and numbers
  78: pushes(() => null),
  // NONE
  136: pushes(() => true),
  // NEWTRUE
  137: pushes(() => false),
  // NEWFALSE
  73: (machine, reader) => machine.push(parseInteger(machine, reader.line())),
  // INT
  76: (machine, reader) => machine.push(parseInteger(machine, reader.line())),
  // LONG
  74: pushes((reader) => reader.int32()),
  // BININT
  75: pushes((reader) => reader.uint8()),
  // BININT1
  77: pushes((reader) => reader.uint16()),
  // BININT2
  138: pushes((reader) => reader.long(reader.uint8())),
  // LONG1
  139: pushes((reader) => reader.long(reader.uint32())),
  // LONG4
  70: pushes((reader) => Number(reader.line())),
  // FLOAT
  71: pushes((reader) => reader.float64()),
  // BINFLOAT
  // Text and bytes
  86: pushes((reader) => reader.line()),
  // UNICODE
  88: pushes((reader) => reader.utf8(reader.uint32())),
  // BINUNICODE
  140: pushes((reader) => reader.utf8(reader.uint8())),
  // SHORT_BINUNICODE
  141: pushes((reader) => reader.utf8(reader.size())),
  // BINUNICODE8
  83: pushes((reader) => reader.line().replace(/^(['"])(.*)\1$/, "$2")),
  // STRING
  84: pushes((reader) => reader.utf8(reader.uint32())),
  // BINSTRING
  85: pushes((reader) => reader.utf8(reader.uint8())),
  // SHORT_BINSTRING
  66: pushes((reader) => reader.raw(reader.uint32())),
  // BINBYTES
  67: pushes((reader) => reader.raw(reader.uint8())),
  // SHORT_BINBYTES
  142: pushes((reader) => reader.raw(reader.size())),
  // BINBYTES8
  150: pushes((reader) => reader.raw(reader.size())),
  // BYTEARRAY8
  // Containers
  40: (machine) => machine.mark(),
  // MARK
  41: pushes(() => []),
  // EMPTY_TUPLE
  133: tuple(1),
  // TUPLE1
  134: tuple(2),
  // TUPLE2
  135: tuple(3),
  // TUPLE3
  116: (machine) => machine.push(machine.popToMark()),
  // TUPLE
  93: pushes(() => []),
  // EMPTY_LIST
  108: (machine) => machine.push(machine.popToMark()),
  // LIST
  97: (machine) => machine.append([machine.pop()]),
  // APPEND
  101: (machine) => machine.append(machine.popToMark()),
  // APPENDS
  125: pushes(() => /* @__PURE__ */ new Map()),
  // EMPTY_DICT
  100: (machine) => {
    const items = machine.popToMark();
    machine.push(/* @__PURE__ */ new Map());
    machine.setItems(items);
  },
  115: (machine) => {
    const value = machine.pop();
    machine.setItems([machine.pop(), value]);
  },
  117: (machine) => machine.setItems(machine.popToMark()),
  // SETITEMS
  143: pushes(() => /* @__PURE__ */ new Set()),
  // EMPTY_SET
  144: (machine) => machine.append(machine.popToMark()),
  // ADDITEMS
  145: (machine) => machine.push(new Set(machine.popToMark())),
  // FROZENSET
  // Stack and memo
  48: (machine) => void machine.pop(),
  // POP
  49: (machine) => void machine.popToMark(),
  // POP_MARK
  50: (machine) => machine.push(machine.top()),
  // DUP
  112: (machine, reader) => machine.memoize(Number(reader.line())),
  // PUT
  113: (machine, reader) => machine.memoize(reader.uint8()),
  // BINPUT
  114: (machine, reader) => machine.memoize(reader.uint32()),
  // LONG_BINPUT
  148: (machine) => machine.memoize(machine.memo.size),
  // MEMOIZE
  103: (machine, reader) => machine.recall(Number(reader.line())),
  // GET
  104: (machine, reader) => machine.recall(reader.uint8()),
  // BINGET
  106: (machine, reader) => machine.recall(reader.uint32()),
  // LONG_BINGET
  // Globals, objects and persistent ids
  99: (machine, reader) => machine.global(reader.line(), reader.line()),
  // GLOBAL
  147: (machine) => {
    const name = machine.pop();
    machine.global(machine.pop(), name);
  },
  82: (machine) => {
    const args = machine.pop();
    machine.call(machine.pop(), args);
  },
  129: (machine) => {
    const args = machine.pop();
    machine.call(machine.pop(), args);
  },
  146: (machine) => {
    machine.pop();
    const args = machine.pop();
    machine.call(machine.pop(), args);
  },
  105: (machine, reader) => {
    machine.global(reader.line(), reader.line());
    const type = machine.pop();
    machine.call(type, machine.popToMark());
  },
  111: (machine) => {
    const [type, ...args] = machine.popToMark();
    machine.call(type, args);
  },
  98: (machine) => {
    const state = machine.pop();
    const target = machine.top();
    if (target instanceof ScriptObject && state instanceof Map) target.attributes = state;
  },
  80: (machine, reader) => machine.persistent(reader.line()),
  // PERSID
  81: (machine) => machine.persistent(machine.pop()),
  // BINPERSID
};
function parseInteger(machine, line) {
  if (line === "00") return false;
  if (line === "01") return true;
  const digits = line.replace(/L$/, "");
  if (!/^-?\d{1,2500}$/.test(digits)) throw machine.fail(`"${digits.slice(0, 20)}" is no integer`);
  return narrow(BigInt(digits));
}
function tooMany(what, limit) {
  return new VqganClipError("OUT_OF_LIMITS", `unpickle(): more than ${limit} ${what}`);
}

// src/weights/torch-tensor.ts
var storageTypes = {
  DoubleStorage: elementTypes.float64AsFloat32,
  FloatStorage: elementTypes.float32,
  HalfStorage: elementTypes.float16,
  BFloat16Storage: elementTypes.bfloat16,
  LongStorage: elementTypes.int64,
  IntStorage: elementTypes.int32,
  ShortStorage: elementTypes.int16,
  CharStorage: elementTypes.int8,
  ByteStorage: elementTypes.uint8,
  BoolStorage: elementTypes.bool,
};
var StorageRef = class {
  constructor(key, type, count2, start = 0, length = count2) {
    this.key = key;
    this.type = type;
    this.count = count2;
    this.start = start;
    this.length = length;
  }
  key;
  type;
  count;
  start;
  length;
};
var TensorRef = class {
  constructor(storage, offset, size, stride) {
    this.storage = storage;
    this.offset = offset;
    this.size = size;
    this.stride = stride;
  }
  storage;
  offset;
  size;
  stride;
};
var RANK_LIMIT2 = 32;
async function tensorEntry(name, tensor, source, storageStart, budget) {
  const { storage } = tensor;
  const { bytes: width, readAs, convert } = storage.type;
  const { shape, strides, offset, span } = layoutOf(source.name, name, tensor);
  const start = storageStart + (storage.start + offset) * width;
  const count2 = sizeOf(shape);
  requireRange(source, start, span * width);
  if (!convert && isContiguous(shape, strides)) {
    const { path } = source;
    const length = count2 * width;
    if (path !== void 0) return entryOf(name, readAs, shape, { path, offset: start, length });
    budget.spend(name, length);
    return entryOf(name, readAs, shape, await source.read(start, length));
  }
  budget.spend(name, span * width + count2 * (width + bytesPerElement(readAs)));
  const packed = gather(await source.read(start, span * width), shape, strides, width);
  const array = convert ? convert(shape, packed) : NDArray.fromBytes(readAs, shape, packed);
  return { name, dtype: readAs, shape, source: { kind: "memory", array } };
}
function layoutOf(file, name, { storage, offset, size, stride }) {
  const reject = (what) => new VqganClipError("BAD_FILE", `openTorchCheckpoint(): ${file}: ${name}: ${what}`);
  if (!isWhole(offset) || !isWholes(size) || !isWholes(stride) || size.length !== stride.length) {
    throw reject(
      `offset, size and stride must be whole numbers, size and stride of one length of at most ${RANK_LIMIT2}`,
    );
  }
  const count2 = sizeOf(size);
  if (!Number.isSafeInteger(count2)) throw reject(`shape [${size}] has too many elements`);
  const span = count2 === 0 ? 0 : size.reduce((last, extent, axis) => last + (extent - 1) * stride[axis], 1);
  if (offset + span > storage.length) {
    throw reject(`reaches element ${offset + span} of storage ${storage.key}, which has ${storage.length}`);
  }
  return { shape: [...size], strides: stride, offset, span };
}
function isContiguous(shape, strides) {
  const packed = stridesOf(shape);
  return sizeOf(shape) === 0 || shape.every((extent, axis) => extent === 1 || strides[axis] === packed[axis]);
}
function gather(bytes, shape, strides, width) {
  const count2 = sizeOf(shape);
  const packed = new Uint8Array(count2 * width);
  const index = new Array(shape.length).fill(0);
  let from = 0;
  for (let i = 0; i < count2; i++) {
    for (let k = 0; k < width; k++) packed[i * width + k] = bytes[from * width + k];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = index[axis] + 1;
      from += strides[axis];
      index[axis] = next;
      if (next < shape[axis]) break;
      from -= next * strides[axis];
      index[axis] = 0;
    }
  }
  return packed;
}
function isWhole(value) {
  return Number.isSafeInteger(value) && value >= 0;
}
function isWholes(value) {
  return Array.isArray(value) && value.length <= RANK_LIMIT2 && value.every(isWhole);
}

// src/weights/torch-globals.ts
var torchConstant =
  /^(b?float\d*(_\w+)?|q?u?int\d+(x\d)?|complex\d+|c?half|c?double|cfloat|long|short|bool|device|\w+_format|strided|sparse_\w+)$/;
var rebuildTensor = ([storage, offset, size, stride]) =>
  storage instanceof StorageRef ? new TensorRef(storage, offset, size, stride) : new Placeholder("tensor");
var first = ([value]) => value;
var emptyDict = ([pairs]) => {
  const isPairs = Array.isArray(pairs) && pairs.every((pair) => Array.isArray(pair) && pair.length === 2);
  return new Map(isPairs ? pairs : []);
};
var newSet = ([items]) => new Set(Array.isArray(items) ? items : []);
var calls = {
  "collections.OrderedDict": emptyDict,
  "collections.defaultdict": () => /* @__PURE__ */ new Map(),
  "builtins.dict": emptyDict,
  "builtins.list": ([items]) => (Array.isArray(items) ? [...items] : []),
  "builtins.set": newSet,
  "builtins.frozenset": newSet,
  "torch.Size": ([sizes]) => sizes ?? [],
  "torch._utils._rebuild_tensor": rebuildTensor,
  "torch._utils._rebuild_tensor_v2": rebuildTensor,
  "torch._utils._rebuild_parameter": first,
  "torch._utils._rebuild_parameter_with_state": first,
  "torch.jit._pickle.build_boollist": first,
  "torch.jit._pickle.build_doublelist": first,
  "torch.jit._pickle.build_intlist": first,
  "torch.jit._pickle.build_tensorlist": first,
  "torch.jit._pickle.restore_type_tag": first,
  // Only of a plain tensor: this one inside itself could nest without end.
  "torch._tensor._rebuild_from_type_v2": ([rebuild, , args]) =>
    rebuild instanceof PickleGlobal && rebuild.name === "_rebuild_tensor_v2" && Array.isArray(args)
      ? rebuildTensor(args)
      : new Placeholder("tensor"),
};
var harmlessBuiltins = new Set(
  "bool bytearray bytes complex dict float frozenset int list long object range set slice str tuple unicode xrange".split(
    " ",
  ),
);
var dangerousModules = new Set(
  `aiohttp asyncio atexit bdb cffi cloudpickle code codeop commands concurrent cPickle cProfile _ctypes ctypes dill
   distutils doctest ensurepip faulthandler ftplib _functools functools gc http httplib httpx imaplib _imp imp
   importlib inspect _io io joblib linecache marshal mmap multiprocessing nt ntpath _operator operator os pdb pexpect
   _pickle pickle pickletools pip pkgutil popen2 poplib posix posixpath _posixsubprocess profile pty pydoc requests
   runpy setuptools shelve shutil signal smtplib _socket socket socketserver ssl subprocess sys tempfile test _thread
   threading timeit trace types urllib urllib2 venv webbrowser wsgiref xmlrpc zipimport`.split(/\s+/),
);
var dangerousNames = new Set(
  `eval exec execfile compile open input getattr setattr delattr __import__ import_module globals locals vars breakpoint
   system popen spawn fork loads load runstring exec_command run_code run_module attrgetter methodcaller`.split(/\s+/),
);
function resolveTorchGlobal(module, name) {
  const top = module.split(".")[0];
  const builtin = module === "__builtin__" ? "builtins" : module;
  const parts = name.split(".");
  const dangerous =
    dangerousModules.has(top) ||
    parts.some((part2) => dangerousNames.has(part2)) || // A dotted name walks from an object to its attributes; nested classes are all that is meant by it.
    (parts.length > 1 && parts.some((part2) => part2.startsWith("__") || dangerousModules.has(part2))) ||
    (["builtins", "__builtins__"].includes(builtin) && !harmlessBuiltins.has(name)) ||
    (top === "torch" && isUnknownTorchFunction(module, name));
  if (dangerous) {
    throw new VqganClipError(
      "BAD_FILE",
      `openTorchCheckpoint(): the file asks for ${module}.${name}, which a checkpoint has no use for and could run code`,
      "do not load it in PyTorch either; use weights from a source you trust, best as .safetensors",
    );
  }
  const isScript = top === "__torch__";
  const script = isScript ? () => new ScriptObject(`${module}.${name}`) : void 0;
  return new PickleGlobal(module, name, script ?? calls[`${builtin}.${name}`]);
}
function isUnknownTorchFunction(module, name) {
  if (Object.hasOwn(calls, `${module}.${name}`) || /^_?[A-Z]/.test(name)) return false;
  if (module === "torch") return !torchConstant.test(name);
  return !(module === "torch._utils" && name.startsWith("_rebuild_"));
}
function loadTorchStorage(id2) {
  if (!Array.isArray(id2)) throw badStorage("its id is no tuple");
  const [kind, type, key, , count2, view] = id2;
  if (kind === "module") return new Placeholder("module");
  if (kind !== "storage" || !(type instanceof PickleGlobal)) throw badStorage(`its id begins with ${brief(kind)}`);
  const element = type.module === "torch" && Object.hasOwn(storageTypes, type.name) ? storageTypes[type.name] : void 0;
  if (!element) return new Placeholder(String(type));
  const valid = typeof key === "string" && Number.isSafeInteger(count2) && count2 >= 0;
  if (!valid) throw badStorage(`key ${brief(key)}, count ${brief(count2)}`);
  const storage = new StorageRef(key, element, count2);
  if (!Array.isArray(view)) return storage;
  const [, start, length] = view;
  const inside = Number.isSafeInteger(start) && Number.isSafeInteger(length) && start >= 0;
  if (!inside || length < 0 || start + length > count2) {
    throw badStorage(`storage ${key}: the view ${brief(start)}+${brief(length)} leaves its ${brief(count2)} elements`);
  }
  return new StorageRef(key, storage.type, storage.count, start, length);
}
function badStorage(what) {
  return new VqganClipError("BAD_FILE", `openTorchCheckpoint(): a storage is described wrongly: ${what}`);
}
function brief(value) {
  return typeof value === "object" && value !== null ? "an object" : String(value).slice(0, 40);
}

// src/weights/torch-checkpoint.ts
var PICKLE_LIMIT = 256 * 2 ** 20;
var LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
var LEGACY_PROTOCOL = 1001;
var MODULE_LIMIT = 1e5;
var MODULE_DEPTH_LIMIT = 64;
var MODULE_NAME_LIMIT = 1e3;
var NOT_A_CHECKPOINT = "the file may be an unfinished download, a Git LFS pointer or a web page: fetch it again";
async function isCheckpoint(source) {
  return (await form(source)) !== void 0;
}
async function readTorchCheckpoint(source) {
  const kind = await form(source);
  requires(
    kind,
    "BAD_FILE",
    () => `openTorchCheckpoint(): ${source.name} is neither a ZIP nor a legacy checkpoint of torch`,
    NOT_A_CHECKPOINT,
  );
  const { value, locate } = await (kind === "zip" ? describeZip(source) : describeLegacy(source));
  const budget = new MemoryBudget("openTorchCheckpoint", source.size);
  const entries = /* @__PURE__ */ new Map();
  for (const [name, tensor] of findStateDict(source.name, value)) {
    if (typeof name !== "string" || !(tensor instanceof TensorRef)) continue;
    entries.set(name, await tensorEntry(name, tensor, source, await locate(tensor.storage), budget));
  }
  const metadata = value instanceof ScriptObject ? [["format", "torchscript"]] : [];
  return new StateDict(entries, new Map(metadata), source);
}
function findStateDict(file, value) {
  const holdsTensors = (dict) => dict instanceof Map && [...dict.values()].some((v) => v instanceof TensorRef);
  const inner = value instanceof Map ? value.get("state_dict") : void 0;
  if (holdsTensors(inner)) return inner;
  if (holdsTensors(value)) return value;
  if (value instanceof ScriptObject) return moduleTensors(file, value);
  const found =
    value instanceof Map ? `a dict with the keys ${[...value.keys()].slice(0, 5).map(show).join(", ")}` : show(value);
  throw new VqganClipError(
    "BAD_FILE",
    `openTorchCheckpoint(): ${file} must hold a state_dict or be a dict of tensors, found ${found}`,
    "write it with torch.save(model.state_dict(), path)",
  );
}
function moduleTensors(file, root) {
  const tensors = /* @__PURE__ */ new Map();
  let modules = 0;
  const walk = (module, prefix, depth) => {
    requires(
      ++modules <= MODULE_LIMIT && depth <= MODULE_DEPTH_LIMIT && prefix.length <= MODULE_NAME_LIMIT,
      "OUT_OF_LIMITS",
      () =>
        `openTorchCheckpoint(): ${file}: over ${MODULE_LIMIT} modules, over ${MODULE_DEPTH_LIMIT} within each other, or a name of over ${MODULE_NAME_LIMIT} characters`,
    );
    for (const [name, value] of module.attributes) {
      if (value instanceof TensorRef) tensors.set(`${prefix}${name}`, value);
      else if (value instanceof ScriptObject) walk(value, `${prefix}${name}.`, depth + 1);
    }
  };
  walk(root, "", 1);
  return tensors;
}
function show(value) {
  if (typeof value === "string") return value.slice(0, 40);
  return value instanceof Placeholder ? `an object of ${value.type}` : value === null ? "None" : `a ${typeof value}`;
}
async function form(source) {
  const head = await source.read(0, Math.min(9, source.size));
  if (head[8] === 123) return void 0;
  if (head[0] === 80 && head[1] === 75 && head[2] === 3 && head[3] === 4) return "zip";
  return head[0] === 128 && head[1] >= 2 && head[1] <= 5 ? "legacy" : void 0;
}
async function describeZip(source) {
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
    const text2 = new TextDecoder().decode(await source.read(await locateZipEntry(source, order), order.size));
    requireLittle(source, text2 === "little");
  }
  const bytes = await source.read(await locateZipEntry(source, entry), entry.size);
  const { value } = unpickle(bytes, { resolve: resolveTorchGlobal, loadPersistent: loadTorchStorage });
  const located = /* @__PURE__ */ new Map();
  const locate = async ({ key, count: count2, type }) => {
    const record = directory.get(`${root}data/${key}`);
    requires(record, "BAD_FILE", () => `openTorchCheckpoint(): ${source.name} has no record for storage ${show(key)}`);
    requires(
      count2 * type.bytes <= record.size,
      "BAD_FILE",
      () =>
        `openTorchCheckpoint(): ${source.name}: storage ${key} claims ${count2 * type.bytes} bytes, holds ${record.size}`,
    );
    const offset = located.get(key) ?? (await locateZipEntry(source, record));
    located.set(key, offset);
    return offset;
  };
  return { value, locate };
}
async function describeLegacy(source) {
  const known = /* @__PURE__ */ new Map();
  const loadPersistent = (id2) => {
    const storage = loadTorchStorage(id2);
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
  const located = /* @__PURE__ */ new Map();
  let at = keys.end;
  for (const key of Array.isArray(keys.value) ? keys.value : []) {
    const storage = known.get(key);
    requires(
      storage,
      "BAD_FILE",
      () => `openTorchCheckpoint(): ${source.name}: storage ${show(key)} is used by no tensor`,
    );
    const head = await source.read(at, 8);
    const count2 = new DataView(head.buffer, head.byteOffset).getBigInt64(0, true);
    const end2 = at + 8 + storage.count * storage.type.bytes;
    requires(
      count2 === BigInt(storage.count) && end2 <= source.size,
      "BAD_FILE",
      () =>
        `openTorchCheckpoint(): ${source.name}: storage ${key} claims ${storage.count} elements; the file has ${count2} and ${source.size - at - 8} bytes`,
      "the file is cut short: fetch it again",
    );
    located.set(key, at + 8);
    at = end2;
  }
  const locate = async ({ key, count: count2, type }) => {
    const offset = located.get(key);
    const storage = known.get(key);
    requires(
      offset !== void 0 && storage,
      "BAD_FILE",
      () => `openTorchCheckpoint(): ${source.name} lacks storage ${show(key)}`,
    );
    requires(
      count2 === storage.count && type === storage.type,
      "BAD_FILE",
      () => `openTorchCheckpoint(): ${source.name}: storage ${show(key)} is described in two ways`,
    );
    return offset;
  };
  return { value: value.value, locate };
}
async function readPickles(source, count2, loadPersistent) {
  for (let window = 2 ** 20; ; window *= 8) {
    const size = Math.min(window, source.size, PICKLE_LIMIT);
    const bytes = await source.read(0, size);
    try {
      const results = [];
      while (results.length < count2) {
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
function requireLittle(source, little) {
  requires(
    little,
    "BAD_FILE",
    () => `openTorchCheckpoint(): ${source.name} holds big-endian numbers, only little-endian ones can be read`,
    "save it again on a little-endian machine",
  );
}

// src/weights/read-weights.ts
async function readWeights(source) {
  return (await isCheckpoint(source)) ? readTorchCheckpoint(source) : readSafetensors(source);
}

// src/hub/checksum.ts
function checksumOf(etag) {
  if (/^[0-9a-f]{64}$/.test(etag)) return { kind: "sha256", digest: etag };
  if (/^[0-9a-f]{40}$/.test(etag)) return { kind: "git-sha1", digest: etag };
  return void 0;
}

// src/hub/http.ts
var MAX_REDIRECTS = 10;
var USER_AGENT = "vqgan-clip";
var TransientFailure = class extends Error {};
async function request(url, options) {
  const { method, headers, follow: follow2, signal } = options;
  let { token } = options;
  let at = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await ask(at, {
      method,
      redirect: "manual",
      signal,
      headers: {
        "user-agent": USER_AGENT,
        "accept-encoding": "identity",
        // sizes and ranges are those of the file
        ...headers,
        ...(token !== void 0 && { authorization: `Bearer ${token}` }),
      },
    });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null) return response;
    const next = nextAddress(at, location);
    if (next.origin !== at.origin) {
      if (follow2 === "same-host") return response;
      token = void 0;
    }
    await response.body?.cancel();
    at = next;
  }
  throw new VqganClipError("IO_FAILED", `${url.host}: redirects without end`);
}
async function ask(url, init) {
  try {
    return await fetch(url, init);
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new TransientFailure(`${url.host} does not answer: ${networkReason(cause)}`, { cause });
  }
}
function nextAddress(from, location) {
  const next = URL.canParse(location, from.href) ? new URL(location, from.href) : void 0;
  const isSafe = next?.protocol === "https:" || (next?.protocol === "http:" && from.protocol === "http:");
  if (next && isSafe) return next;
  throw new VqganClipError("IO_FAILED", `${from.host}: redirects to ${location.slice(0, 80)}, which is not followed`);
}
var reasons = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection lost",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "no such host, or no network",
  ETIMEDOUT: "no answer in time",
  UND_ERR_CONNECT_TIMEOUT: "no answer in time",
  UND_ERR_SOCKET: "connection lost",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "connection lost",
};
function networkReason(error) {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  const code = deepest?.code ?? "";
  return reasons[code] ?? (deepest instanceof Error ? deepest.message : String(deepest));
}
function statusError(response, what, token) {
  const { status } = response;
  const code = response.headers.get("x-error-code");
  const hasToken = token !== void 0;
  const error = (message, hint) => new VqganClipError("IO_FAILED", `${what}: ${message}`, hint);
  if (status === 401) {
    return hasToken
      ? error("the token is not accepted, or there is no such repository (401)", "check HF_TOKEN and the name")
      : error("no such repository, or one that wants a token (401)", "check the name, or set HF_TOKEN");
  }
  if (status === 403 || code === "GatedRepo") {
    return error(
      `access is not granted (${status})`,
      hasToken ? "accept the model's terms on its page, with the account of HF_TOKEN" : "set HF_TOKEN",
    );
  }
  if (status === 404 || status === 410) {
    const missing = code === "RepoNotFound" ? "repository" : code === "RevisionNotFound" ? "revision" : "file";
    return error(`no such ${missing} (${status})`, "it may have been moved or removed");
  }
  if (status === 408 || status === 429 || status >= 500) {
    return new TransientFailure(
      status === 429 ? `${what}: too many requests (429)` : `${what}: the server failed (${status})`,
    );
  }
  return error(`unexpected answer ${status}`, "try again later");
}

// src/hub/layout.ts
var COMMIT = /^[0-9a-f]{40}$/;
function isCommit(text2) {
  return COMMIT.test(text2);
}
function isBlobName(text2) {
  return /^[\w-][\w.-]{0,127}$/.test(text2);
}
function bytesOf(header) {
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : void 0;
}

// src/hub/watchdog.ts
var Watchdog = class {
  constructor(milliseconds, caller) {
    this.milliseconds = milliseconds;
    this.caller = caller;
    this.signal = caller ? AbortSignal.any([caller, this.stalled.signal]) : this.stalled.signal;
    this.feed();
  }
  milliseconds;
  caller;
  stalled = new AbortController();
  timer;
  signal;
  /** Something moved. */
  feed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.stalled.abort(), this.milliseconds);
    this.timer.unref();
  }
  /** The error that an abort stands for; any other is given back. */
  explain(error) {
    if (this.caller?.aborted) return aborted(error);
    if (this.stalled.signal.aborted) {
      return new TransientFailure(`nothing came for ${this.milliseconds / 1e3} s`, { cause: error });
    }
    return error;
  }
  stop() {
    clearTimeout(this.timer);
  }
};
function aborted(cause) {
  return new VqganClipError(
    "ABORTED",
    "the download was stopped; what has come is kept",
    "the same command goes on from there",
    { cause },
  );
}

// src/hub/hub-file.ts
var HEAD_STALL = 15e3;
var HEAD_TRIES = 3;
async function describeHubFile(settings2, repo, revision, file, signal) {
  const what = `${repo}/${file}`;
  const { token } = settings2;
  const url = fileUrl(settings2, repo, revision, file);
  const response = await ask2(url, what, { method: "HEAD", follow: "same-host", token }, signal, async (head) => head);
  const { headers, status } = response;
  if (status === 404) return void 0;
  const commit2 = headers.get("x-repo-commit") ?? "";
  const etag = (headers.get("x-linked-etag") ?? headers.get("etag") ?? "").replace(/^W\//, "").replace(/^"|"$/g, "");
  if (!isCommit(commit2) || !isBlobName(etag)) {
    throw new VqganClipError(
      "IO_FAILED",
      `${what}: ${settings2.endpoint} does not answer as a hub does`,
      "check HF_ENDPOINT, and whether a proxy drops headers",
    );
  }
  const size = bytesOf(headers.get("x-linked-size") ?? (status >= 300 ? null : headers.get("content-length")));
  return { repo, revision, commit: commit2, file, etag, size, checksum: checksumOf(etag) };
}
async function readHubText(settings2, remote, signal) {
  const { repo, commit: commit2, file } = remote;
  const url = fileUrl(settings2, repo, commit2, file);
  const { token } = settings2;
  return ask2(url, `${repo}/${file}`, { method: "GET", follow: "all", token }, signal, (response) => response.text());
}
async function ask2(url, what, options, signal, read) {
  const { token } = options;
  for (let tries = 1; ; tries++) {
    const watchdog = new Watchdog(HEAD_STALL, signal);
    try {
      const response = await request(url, { ...options, signal: watchdog.signal });
      const isMissing = response.status === 404 && isEntryMissing(response);
      const failure = response.status >= 400 && !isMissing ? statusError(response, what, token) : void 0;
      if (!failure) return await read(response);
      if (failure instanceof TransientFailure && tries < HEAD_TRIES) continue;
      throw failure;
    } catch (error) {
      const explained = watchdog.explain(error);
      if (!(explained instanceof TransientFailure)) throw explained;
      const reason = explained.message.startsWith(what) ? explained.message : `${what}: ${explained.message}`;
      throw new VqganClipError("IO_FAILED", reason, "check the network and HF_ENDPOINT", { cause: error });
    } finally {
      watchdog.stop();
    }
  }
}
function isEntryMissing({ headers }) {
  return (headers.get("x-error-code") ?? "EntryNotFound") === "EntryNotFound";
}
function fileUrl({ endpoint }, repo, revision, file) {
  const path = file.split("/").map(encodeURIComponent).join("/");
  return new URL(`${endpoint}/${repo}/resolve/${encodeURIComponent(revision)}/${path}`);
}

// src/hub/model-card.ts
var MAX_CARD_BYTES = 1 << 20;
function cardLicence(card2) {
  const [, header = ""] = /^---\r?\n([\s\S]*?)^---\s*$/m.exec(card2) ?? [];
  const said = (key) => new RegExp(`^${key}:[^\\S\\n]*["']?(.+?)["']?[^\\S\\n]*\\r?$`, "m").exec(header)?.[1];
  const licence = said("licen[sc]e");
  return licence === "other" ? (said("license_name") ?? licence) : licence;
}

// test/fuzz/hub-answer.ts
var commit = "0123456789abcdef0123456789abcdef01234567";
var card = "---\nlicense: other\nlicense_name: some-licence\ntags:\n- clip\n---\n# A model\n";
var hubSeeds = [
  {
    status: 302,
    headers: {
      "x-repo-commit": commit,
      "x-linked-etag": `"${"a".repeat(64)}"`,
      "x-linked-size": "1024",
      etag: '"of-the-redirect"',
      location: "https://storage.test/file",
    },
    body: "",
  },
  { status: 200, headers: { "x-repo-commit": commit, etag: `W/"${commit}"`, "content-length": "90" }, body: card },
  { status: 404, headers: { "x-error-code": "EntryNotFound" }, body: "Entry not found" },
  { status: 401, headers: { "x-error-code": "RepoNotFound" }, body: "" },
];
var settings = { endpoint: "https://hub.test", cacheDir: "cache", token: void 0, offline: void 0 };
async function readHubAnswer(bytes) {
  const before = globalThis.fetch;
  globalThis.fetch = async () => responseOf(bytes);
  try {
    const remote = await describeHubFile(settings, "org/name", "main", "README.md");
    return remote && cardLicence(await readHubText(settings, remote));
  } finally {
    globalThis.fetch = before;
  }
}
function responseOf(bytes) {
  let answer = null;
  try {
    answer = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new VqganClipError("IO_FAILED", "the connection ends");
  }
  const status = Number.isInteger(answer?.status) ? Math.min(599, Math.max(200, answer?.status)) : 200;
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer?.headers ?? {})) {
    try {
      headers.append(name, String(value));
    } catch {}
  }
  const isBare = status === 204 || status === 205 || status === 304;
  return new Response(isBare ? null : String(answer?.body ?? ""), { status, headers });
}

// test/fuzz/targets.ts
var text = (bytes) => new TextDecoder().decode(bytes);
var json2 = (value) => strToU83(JSON.stringify(value));
var fixtures = (...names) => Promise.all(names.map(async (name) => Uint8Array.from(await readFile(fixturePath(name)))));
var jsonMutation = (random, bytes) => json2(mutatedJson(random, JSON.parse(text(bytes))));
function parsedJson(bytes) {
  try {
    return JSON.parse(text(bytes));
  } catch (cause) {
    throw new VqganClipError("BAD_FILE", "not JSON", void 0, { cause });
  }
}
function safetensorsMutation(random, bytes) {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = jsonMutation(random, bytes.subarray(8, 8 + length));
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(header.length), true);
  return concatenate([prefix, header, bytes.subarray(8 + length)]);
}
function zipMutation(random, bytes, chosen) {
  const entries = Object.entries(unzipSync(bytes));
  const [name, data] = pick2(
    random,
    entries.filter(([entry]) => chosen.test(entry)),
  ) ?? ["", new Uint8Array()];
  const changed = name.endsWith(".json")
    ? jsonMutation(random, data)
    : name.endsWith(".safetensors")
      ? safetensorsMutation(random, data)
      : mutatedBytes(random, data);
  const files = Object.fromEntries(entries.map(([entry, old]) => [entry, entry === name ? changed : old]));
  return zipSync3(files, { level: random.chance(0.2) ? 1 : 0, mtime: new Date(1980, 0, 1) });
}
var pick2 = (random, items) => items[random.integer(items.length)];
function pngMutation(random, bytes) {
  const chunks = [...pngChunks(bytes)];
  const chosen = random.integer(chunks.length);
  const written = chunks.map(({ type, data }, i) => pngChunk(type, i === chosen ? mutatedBytes(random, data) : data));
  return concatenate([PNG_SIGNATURE, ...written]);
}
var tokenizerText = { contextLength: 32, endToken: void 0, vocabulary: 1e5 };
var prompts = [
  "",
  "a castle, at 10:30!",
  "\u0102\u24B7 \u03A3 \xDF \u6F22\u5B57 \u{1F3F0} \xE9\u0301",
  `${"a".repeat(300)}!`,
  "word ".repeat(60),
];
var configs = {
  "clip-gelu/config.json": (value) => parseClipConfig(value),
  "siglip/config.json": (value) => parseSiglipConfig(value),
  "open-clip/open_clip_config.json": (value) => parseOpenClipConfig(value),
  "diffusers-vq/config.json": (value) => parseDiffusersConfig(value, "config.json"),
  "diffusers-kl/config.json": (value) => parseDiffusersConfig(value, "config.json"),
  "diffusers-tiny/config.json": (value) => parseTinyConfig(value, "config.json"),
};
var targets = [
  {
    name: "safetensors",
    seeds: async () => [
      ...(await fixtures("checkpoints/variety.safetensors")),
      writeSafetensors({ w: NDArray.float32([2, 3], [1, 2, 3, 4, 5, 6]), n: NDArray.int64([1], [7]) }, { by: "test" }),
    ],
    mutate: safetensorsMutation,
    read: async (bytes) => {
      const dict = parseSafetensors(bytes, "w.safetensors");
      for (const name of dict.names) await dict.read(name);
    },
  },
  {
    name: "torch-zip",
    seeds: () => fixtures("checkpoints/variety.ckpt", "checkpoints/nested.ckpt", "checkpoints/omegaconf.ckpt"),
    mutate: (random, bytes) => zipMutation(random, bytes, /data\.pkl|byteorder|data\/0/),
    read: (bytes) => readWeights(new MemorySource(bytes, "w.ckpt")),
  },
  {
    name: "torch-legacy",
    seeds: () => fixtures("checkpoints/variety-legacy.ckpt"),
    read: (bytes) => readWeights(new MemorySource(bytes, "w.ckpt")),
  },
  {
    name: "pickle",
    seeds: async () => {
      const zips = await fixtures("checkpoints/variety.ckpt", "checkpoints/nested.ckpt", "clip-resnet/model.pt");
      const pickles = zips.flatMap((zip) =>
        Object.entries(unzipSync(zip, { filter: ({ name }) => name.endsWith("data.pkl") })).map(([, data]) => data),
      );
      return [...pickles, strToU83("(lp0\nI1\na(dp1\nS'a'\nL5L\nsacbuiltins\nset\n(lt(Rp2\n0.")];
    },
    read: (bytes) => unpickle(bytes, { resolve: resolveTorchGlobal, loadPersistent: loadTorchStorage }).value,
  },
  {
    name: "session",
    seeds: async () => [writeSession(smallSession(), encodePng(NDArray.zeros("float32", [3, 2, 2])))],
    mutate: (random, bytes) => zipMutation(random, bytes, random.chance(0.6) ? /json/ : /safetensors/),
    read: async (bytes) => {
      const { tree } = await readSession(bytes);
      return [lineageOf(tree), treeLines(tree.nodes.map(nodeFacts), tree.current)];
    },
  },
  {
    name: "png",
    seeds: async () => {
      const told = encodePng(NDArray.zeros("float32", [3, 2, 2]), storyText(smallStory()));
      const chunks = [...pngChunks(told)].map(({ type, data }) => pngChunk(type, data));
      const zipped = pngChunk("zTXt", concatenate([strToU83("note\0\0"), zlibSync2(strToU83("a note ".repeat(40)))]));
      const plain2 = pngChunk("tEXt", strToU83("parameters\0a castle"));
      return [told, concatenate([PNG_SIGNATURE, chunks[0], zipped, plain2, ...chunks.slice(1)])];
    },
    mutate: pngMutation,
    read: (bytes) => readStory(readPngText(bytes)),
  },
  {
    name: "metadata",
    seeds: async () => [strToU83(storyText(smallStory())["vqgan-clip"])],
    mutate: jsonMutation,
    read: (bytes) => readStory({ "vqgan-clip": text(bytes) }),
  },
  {
    name: "yaml",
    seeds: () => fixtures("vqgan/config.yaml", "gumbel/config.yaml"),
    mutate: (random, bytes) => strToU83(stringify(mutatedJson(random, parseYaml2(text(bytes))))),
    read: (bytes) => parseVqganConfig(text(bytes)),
  },
  {
    name: "tokenizer",
    seeds: () => fixtures("clip-gelu/tokenizer.json", "clip-quick-gelu/tokenizer.json", "siglip/tokenizer.json"),
    mutate: jsonMutation,
    read: (bytes) => {
      const file = parsedJson(bytes);
      const tokenize = clipTokenizer(file, tokenizerText);
      knownWords(file);
      return prompts.map(tokenize);
    },
  },
  ...Object.entries(configs).map(([name, parse]) => ({
    name: `config-${name.split("/")[0]}`,
    seeds: () => fixtures(name),
    mutate: jsonMutation,
    read: (bytes) => parse(parsedJson(bytes)),
  })),
  {
    name: "recommended",
    seeds: async () => [
      Uint8Array.from(await readFile(new URL("../../models/compact/recommended.json", import.meta.url))),
    ],
    mutate: jsonMutation,
    read: (bytes) => checkRecommendation(parsedJson(bytes), "recommended.json"),
  },
  { name: "hub-answer", seeds: async () => hubSeeds.map(json2), mutate: jsonMutation, read: readHubAnswer },
];

// test/fuzz/inputs.ts
var KEPT = "fuzz";
async function mutations(seed2) {
  const seeds = await Promise.all(targets.map((target) => target.seeds()));
  return (number) => {
    const random = new Random(seed2).split(`input ${number}`);
    const turn = number % targets.length;
    const target = targets[turn];
    const valid = seeds[turn];
    const one = valid[random.integer(valid.length)];
    const other = valid[random.integer(valid.length)];
    const mutate = target.mutate && random.chance(0.6) ? target.mutate : mutatedBytes;
    return { label: `${seed2}:${number} ${target.name}`, target, bytes: mutate(random, one, other) };
  };
}
async function knownInputs() {
  const valid = await Promise.all(
    targets.map(async (target) =>
      (await target.seeds()).map((bytes, i) => ({ label: `valid ${target.name} ${i}`, target, bytes })),
    ),
  );
  const names = (await readdir(fixturePath(KEPT))).filter((name) => name.includes("--")).sort();
  const kept = names.map(async (name) => {
    const bytes = Uint8Array.from(await readFile2(fixturePath(`${KEPT}/${name}`)));
    return { label: name, target: targetNamed(name.split("--")[0]), bytes };
  });
  const made = handMade().map(([name, bytes]) => ({ label: name, target: targetNamed(name.split("--")[0]), bytes }));
  return [...valid.flat(), ...(await Promise.all(kept)), ...made];
}
function targetNamed(name) {
  const target = targets.find((candidate) => candidate.name === name);
  if (!target) throw new Error(`fuzz: no target is named "${name}": ${targets.map((each) => each.name).join(", ")}`);
  return target;
}

// ../../../tmp/prof.mts
var [seed, first2, count] = process.argv.slice(2).map(Number);
var per = /* @__PURE__ */ new Map();
var reads = /* @__PURE__ */ new Map();
var m = await mutations(seed);
var gen = 0;
var fail = (l, w) => console.log("FAIL", l, w);
for (const k of first2 === 0 ? await knownInputs() : []) {
  const c = process.cpuUsage();
  let msg = "read";
  try {
    await k.target.read(k.bytes);
  } catch (e) {
    msg = e.code + " " + e.message.slice(0, 90);
    if (e.name !== "VqganClipError") fail(k.label, e.stack.slice(0, 500));
  }
  const u = process.cpuUsage(c);
  const ms = (u.user + u.system) / 1e3;
  if (k.label.includes("--") || ms > 200) console.log(k.label, ms.toFixed(0), msg.replace(/\n/g, "|"));
}
var end = Date.now() + Number(process.argv[5] ?? 60) * 1e3;
var n = 0;
for (let i = first2; i < first2 + count && Date.now() < end; i++) {
  n++;
  const c0 = process.cpuUsage();
  const k = m(i);
  const c = process.cpuUsage(c0);
  gen += (c.user + c.system) / 1e3;
  const c1 = process.cpuUsage();
  try {
    await k.target.read(k.bytes);
    reads.set(k.target.name, (reads.get(k.target.name) ?? 0) + 1);
  } catch (e) {
    if (e.name !== "VqganClipError") fail(k.label, e.stack.slice(0, 700));
    else if ((e.message + e.hint).length > 4e3) fail(k.label, "long");
  }
  const u = process.cpuUsage(c1);
  const ms = (u.user + u.system) / 1e3;
  if (ms > 1e3) fail(k.label, "slow " + ms);
  const l = per.get(k.target.name) ?? [];
  l.push(ms);
  per.set(k.target.name, l);
}
console.log(n, "inputs, generation", gen.toFixed(0), "ms, peak", process.resourceUsage().maxRSS / 1024);
for (const [k, l] of per)
  console.log(
    k.padEnd(24),
    l.length,
    "mean",
    (l.reduce((a, b) => a + b) / l.length).toFixed(2),
    "max",
    Math.max(...l).toFixed(0),
    "read",
    reads.get(k) ?? 0,
  );
