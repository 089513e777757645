/** Mutations of bytes and of JSON: each a function of a generator and of what it changes, so a seed tells an input again. */
import type { Random } from "../../src/core/random.js";

const pick = <T>(random: Random, items: readonly T[]): T => items[random.integer(items.length)] as T;

/** Whole numbers at the edges of what fields hold. */
const edges = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** One to four changes: bytes set or turned, numbers at edges, parts cut, repeated, moved, or taken from another input. */
export function mutatedBytes(random: Random, bytes: Uint8Array, other: Uint8Array = bytes): Uint8Array {
  let result: Uint8Array = bytes.slice();
  for (let changes = 1 + random.integer(4); changes > 0 && result.length > 0; changes--) {
    result = pick(random, byteChanges)(random, result, other);
  }
  return result;
}

type ByteChange = (random: Random, bytes: Uint8Array, other: Uint8Array) => Uint8Array;

const byteChanges: readonly ByteChange[] = [
  (random, bytes) => with_(bytes, random.integer(bytes.length), [random.integer(256)]),
  (random, bytes) => {
    const at = random.integer(bytes.length);
    return with_(bytes, at, [(bytes[at] as number) ^ (1 << random.integer(8))]);
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
    const part = bytes.subarray(from, to);
    const copies = Array.from({ length: pick(random, [1, 2, 100]) }, () => part);
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

function with_(bytes: Uint8Array, at: number, values: readonly number[]): Uint8Array {
  const result = bytes.slice();
  for (const [i, value] of values.entries()) if (at + i < result.length) result[at + i] = value;
  return result;
}

/** Short ones more often than long ones. */
function range(random: Random, length: number): [number, number] {
  const from = random.integer(Math.max(1, length));
  const most = pick(random, [4, 32, length]);
  return [from, Math.min(length, from + 1 + random.integer(Math.max(1, most)))];
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** JSON with one to three of its values, keys or lists changed; which one is found by a walk from the top. */
export function mutatedJson(random: Random, value: unknown): unknown {
  let result = value;
  for (let changes = 1 + random.integer(3); changes > 0; changes--) result = changedInside(random, result);
  return result;
}

function changedInside(random: Random, value: unknown): unknown {
  if (typeof value !== "object" || value === null || random.chance(0.15)) return replaced(random, value);
  if (Array.isArray(value)) {
    const items = [...value];
    const at = random.integer(items.length + 1);
    const roll = random.integer(8);
    if (roll === 0) items.splice(at, 1);
    else if (roll === 1) items.splice(at, 0, ...Array.from({ length: pick(random, [1, 2, 300]) }, () => items[0]));
    else if (items.length > 0) {
      const chosen = random.integer(items.length);
      items[chosen] = changedInside(random, items[chosen]);
    }
    return items;
  }
  const fields: [string, unknown][] = Object.entries(value);
  if (fields.length === 0) return { [hostileText(random)]: replaced(random, null) };
  const at = random.integer(fields.length);
  const [key, inner] = fields[at] as [string, unknown];
  const roll = random.integer(10);
  if (roll === 0) fields.splice(at, 1);
  else if (roll === 1) fields[at] = [hostileText(random), inner];
  else if (roll === 2) fields.push([hostileText(random), inner]);
  else fields[at] = [key, changedInside(random, inner)];
  return Object.fromEntries(fields);
}

function replaced(random: Random, value: unknown): unknown {
  if (typeof value === "number" && random.chance(0.5))
    return pick(random, [value + 1, -value, value * 1e9, value + 0.5]);
  if (typeof value === "string" && random.chance(0.5))
    return pick(random, [value.slice(1), value.repeat(50), `${value}\0`]);
  const plain = [
    null,
    true,
    0,
    -1,
    0.5,
    1e308,
    -0,
    2 ** 53,
    2 ** 32,
    10_000,
    [],
    {},
    [[]],
    [null],
    { type: "Sequence" },
  ];
  return random.chance(0.6) ? pick(random, plain) : random.chance(0.5) ? hostileText(random) : nested(random);
}

const texts = [
  "",
  " ",
  "__proto__",
  "constructor",
  "toString",
  "../../etc/passwd",
  "\u0000",
  "\u001b[2J",
  "\ud800",
  "NaN",
  "1e999",
  "$&",
  "(a+)+$",
  "|:^",
  "<<",
];

export function hostileText(random: Random): string {
  return random.chance(0.1) ? pick(random, texts).repeat(1000) : pick(random, texts);
}

function nested(random: Random): unknown {
  let value: unknown = 1;
  for (let depth = pick(random, [3, 50, 500]); depth > 0; depth--) value = random.chance(0.5) ? [value] : { a: value };
  return value;
}
