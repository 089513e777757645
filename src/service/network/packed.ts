/** Values as they travel through Redis: JSON, and the bytes that were in it behind. */

interface Header {
  readonly value: unknown;
  /** Lengths of the byte arrays, in their order. */
  readonly lengths: readonly number[];
}

const MARK = "$bytes";

export function packed(value: unknown): Buffer {
  const parts: Uint8Array[] = [];
  const marked = (_: string, each: unknown) => (each instanceof Uint8Array ? { [MARK]: parts.push(each) - 1 } : each);
  const plain: unknown = JSON.parse(JSON.stringify({ value: withBytes(value) }, marked));
  const header = { ...(plain as object), lengths: parts.map(({ length }) => length) };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), ...parts]);
}

export function unpacked(bytes: Buffer): unknown {
  const end = bytes.indexOf(10);
  const { value, lengths } = JSON.parse(bytes.subarray(0, end).toString("utf8")) as Header;
  let at = end + 1;
  const parts = lengths.map((length) => {
    at += length;
    return new Uint8Array(bytes.subarray(at - length, at));
  });
  return revived(value, parts);
}

/** Buffers turn themselves into JSON before anybody is asked: as plain byte arrays they do not. */
function withBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map(withBytes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withBytes(each)]));
}

function revived(value: unknown, parts: readonly Uint8Array[]): unknown {
  if (Array.isArray(value)) return value.map((each) => revived(each, parts));
  if (typeof value !== "object" || value === null) return value;
  const { [MARK]: part } = value as { [MARK]?: number };
  if (part !== undefined) return parts[part];
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, revived(each, parts)]));
}
