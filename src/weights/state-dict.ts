/** StateDict: a checkpoint as named arrays whose bytes stay where they are until someone reads them. */
import type { DType } from "../core/dtype.js";
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import type { Shape } from "../core/shape.js";
import type { WeightSource } from "../core/weight-source.js";
import { type ByteSource, MemorySource } from "./byte-source.js";

export interface WeightEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly source: WeightSource;
}

export class StateDict {
  constructor(
    /** By checkpoint name, in the file's order. */
    readonly entries: ReadonlyMap<string, WeightEntry>,
    /** Free-form text the file carries about itself; empty when it carries none. */
    readonly metadata: ReadonlyMap<string, string>,
    private readonly bytes: ByteSource,
    /** What no DType of ours can hold, by name, and what it is in words: an error only for who asks for it. */
    readonly unreadable: ReadonlyMap<string, string> = new Map(),
  ) {}

  /** What to call the checkpoint in messages. */
  get origin(): string {
    return this.bytes.name;
  }

  get names(): string[] {
    return [...this.entries.keys()];
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  /** The entry called `name`. Throws BAD_MODEL when there is none, or one that is not read. */
  get(name: string): WeightEntry {
    const entry = this.entries.get(name);
    const other = this.unreadable.get(name);
    requires(
      other === undefined,
      "BAD_MODEL",
      () => `StateDict.get(): ${this.origin}: ${name} is ${other}, which is not read`,
      "save it as a plain float32 or float16 array",
    );
    requires(
      entry,
      "BAD_MODEL",
      () => `StateDict.get(): ${this.origin} has no "${name}"; it holds ${this.entries.size} arrays`,
      `names look like ${this.names.slice(0, 3).join(", ")}`,
    );
    return entry;
  }

  /** The array called `name`, loaded. Throws BAD_MODEL when there is none, IO_FAILED when its file cannot be read. */
  async read(name: string): Promise<NDArray> {
    const { dtype, shape, source } = this.get(name);
    if (source.kind === "memory") return source.array;
    return NDArray.fromBytes(dtype, shape, await this.bytes.read(source.offset, source.length));
  }
}

/** An entry for bytes that stay where they are: a range of a file, or a view of `inMemory`. */
export function entryOf(
  name: string,
  dtype: DType,
  shape: Shape,
  place: { readonly path: string; readonly offset: number; readonly length: number } | Uint8Array,
): WeightEntry {
  const source: WeightSource =
    place instanceof Uint8Array
      ? { kind: "memory", array: NDArray.fromBytes(dtype, shape, place) }
      : { kind: "file", path: place.path, offset: place.offset, length: place.length };
  return { name, dtype, shape, source };
}

/** The parts of one checkpoint as a whole. Throws BAD_MODEL when two hold an array of one name. */
export function joined(origin: string, parts: readonly StateDict[]): StateDict {
  const partOf = new Map<string, StateDict>();
  for (const part of parts) {
    for (const name of part.names) {
      const other = partOf.get(name);
      requires(!other, "BAD_MODEL", () => `${origin}: ${other?.origin} and ${part.origin} both hold ${name}`);
      partOf.set(name, part);
    }
  }
  return new Joined(origin, parts, partOf);
}

class Joined extends StateDict {
  constructor(
    origin: string,
    parts: readonly StateDict[],
    private readonly partOf: ReadonlyMap<string, StateDict>,
  ) {
    const metadata = parts[0]?.metadata ?? new Map();
    const unreadable = new Map(parts.flatMap((part) => [...part.unreadable]));
    const entries = new Map(parts.flatMap((part) => [...part.entries]));
    super(entries, metadata, new MemorySource(new Uint8Array(), origin), unreadable);
  }

  override async read(name: string): Promise<NDArray> {
    return this.partOf.get(name)?.read(name) ?? super.read(name);
  }
}
