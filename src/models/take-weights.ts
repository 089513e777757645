/** Takes a model's arrays out of a checkpoint by name, and says of all that do not fit which, wanted and found. */
import type { DType } from "../core/dtype.js";
import { requires, VqganClipError } from "../core/errors.js";
import { type Shape, sameShape, sizeOf } from "../core/shape.js";
import { type Tensor, weight } from "../graph/tensor.js";
import type { Affine } from "../nn/layers.js";
import { cast } from "../ops/arithmetic.js";
import type { StateDict } from "../weights/state-dict.js";

const floats: ReadonlySet<DType> = new Set<DType>(["float32", "float16", "float64"]);

export class WeightTaker {
  private readonly taken = new Set<string>();
  private readonly misfits: string[] = [];
  private readonly missing: string[] = [];
  private unreadable = false;

  /**
   * @param prefix in front of every key of the model, where it is part of a larger one
   * @param nameOf what the checkpoint calls a key, where it follows another naming
   */
  constructor(
    private readonly dict: StateDict,
    private readonly prefix = "",
    private readonly nameOf: (key: string) => string = (key) => key,
  ) {}

  has(key: string): boolean {
    return this.shapeOf(key) !== undefined;
  }

  /** Of the array as it is stored. */
  shapeOf(key: string): Shape | undefined {
    return this.dict.entries.get(this.prefix + this.nameOf(key))?.shape;
  }

  /** The array `key` as float32, which must have this shape; complaints are kept for `finish`. */
  take(key: string, shape: Shape): Tensor {
    const name = this.prefix + this.nameOf(key);
    this.taken.add(name);
    const entry = this.dict.entries.get(name);
    const other = this.dict.unreadable.get(name);
    if (other !== undefined) {
      this.unreadable = true;
      this.misfits.push(`${name} is ${other}, which is not read`);
    } else if (!entry) this.missing.push(name);
    else if (!sameShape(entry.shape, shape)) {
      this.misfits.push(`${name}: expected [${shape}], found [${entry.shape}]`);
    } else if (!floats.has(entry.dtype)) {
      this.misfits.push(`${name}: expected float32, float16 or float64, found ${entry.dtype}`);
    } else return cast(weight(name, entry, entry.source), "float32");
    return weight(name, { dtype: "float32", shape }, { kind: "file", path: this.dict.origin, offset: 0, length: 0 });
  }

  /** `key`.weight of this shape and `key`.bias of its first extent. */
  affine(key: string, shape: Shape): Affine {
    return { weight: this.take(`${key}.weight`, shape), bias: this.take(`${key}.bias`, shape.slice(0, 1)) };
  }

  /**
   * Ends the taking.
   *
   * @param ignored keys (without prefix) that a checkpoint may hold beside the model; keys outside the prefix may be anything
   * @throws BAD_MODEL naming arrays of other shapes, missing ones, and surplus ones of floats that are not ignored
   */
  finish(ignored: readonly RegExp[]): void {
    const isIgnored = (key: string) => ignored.some((pattern) => pattern.test(key));
    const surplus = [...this.dict.entries].flatMap(([name, { dtype, shape }]) => {
      // Counts, masks and other buffers that are no weights do not change a model.
      const isWeight = floats.has(dtype) && sizeOf(shape) > 0 && name.startsWith(this.prefix);
      return isWeight && !this.taken.has(name) && !isIgnored(name.slice(this.prefix.length)) ? [name] : [];
    });
    const complaints = [
      ...this.misfits.slice(0, 5),
      ...(this.missing.length > 0 ? [`missing: ${listed(this.missing)}`] : []),
      ...(surplus.length > 0 ? [`not part of the model: ${listed(surplus)}`] : []),
    ];
    if (complaints.length === 0) return;
    throw new VqganClipError(
      "BAD_MODEL",
      `${this.dict.origin}: ${complaints.join("; ")}`,
      this.unreadable
        ? "save them as float32 or float16 arrays"
        : "the weights and the configuration seem to belong to different models",
    );
  }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

/** How many numbered parts arrays are of whose names begin with `prefix`. */
export function countParts(names: readonly string[], prefix: string): number {
  return new Set(names.flatMap((name) => (name.startsWith(prefix) ? name.slice(prefix.length).split(".")[0] : [])))
    .size;
}

/** Numbered parts 0..count-1. */
export function numbered<Part>(count: number, part: (index: number) => Part): Part[] {
  requires(count < 10_000, "BAD_MODEL", () => `a model of ${count} layers`);
  return Array.from({ length: count }, (_, index) => part(index));
}
