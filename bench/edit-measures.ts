/** What an edit kept of its source, and what a judge makes of it. */
import { NDArray } from "../src/core/ndarray.js";
import { input } from "../src/graph/tensor.js";
import { perceptualLoss } from "../src/guidance/losses.js";
import { resizePicture } from "../src/image/resize.js";
import { ssim } from "../src/image/similarity.js";
import type { Perceptor } from "../src/models/perceptor.js";
import { square, sub } from "../src/ops/arithmetic.js";
import { normalize } from "../src/ops/distance.js";
import { transpose } from "../src/ops/layout.js";
import { matmul } from "../src/ops/linear-algebra.js";
import { mean } from "../src/ops/reduction.js";
import { compile } from "../src/runtime/program.js";
import type { Vector } from "./edit-judge.js";
import type { EditTask } from "./edit-tasks.js";

/** Of one edit. */
export interface Kept {
  /** SSIM with the source, where the edit is not; 1 for the same. */
  readonly ssim: number;
  /** The same by the encoder's inner layers, as `perceptual` measures; 0 for the same. */
  readonly layers: number;
  /** Mean squared difference of how alike the last layer's places are to each other; 0 for the same structure. */
  readonly structure: number;
}

/** Measures edits; the source lies over the edit inside its mask, so that only the outside differs, and where there is no mask all counts. */
export async function keptMeasure(perceptor: Perceptor): Promise<(task: EditTask, edited: NDArray) => Promise<Kept>> {
  const { encodeImageLayers: encode, inputSize: side, name } = perceptor;
  if (!encode) throw new Error(`${name} shows no inner layers`);
  const [a, b] = ["a", "b"].map((which) => encode(input(which, "float32", [1, 3, side, side])).layers);
  if (!a?.length || !b?.length) throw new Error(`${name} has no inner layers`);
  const alike = (layers: typeof a) => {
    const places = normalize(layers.at(-1) as (typeof a)[number]);
    return matmul(places, transpose(places, [0, 2, 1]));
  };
  const program = await compile({ layers: perceptualLoss(a, b), structure: mean(square(sub(alike(a), alike(b)))) });
  const seen = (picture: NDArray) => resizePicture(picture, side, side, "bicubic").reshape([1, 3, side, side]);
  return async ({ picture, mask }, edited) => {
    const outside = mask ? laidOver(edited, picture, mask) : edited;
    const b = { b: seen(picture) };
    const { layers } = await program.run({ a: seen(outside), ...b });
    const { structure } = await program.run({ a: seen(edited), ...b });
    return { ssim: ssim(picture, outside), layers: layers.at(0), structure: structure.item() };
  };
}

/** `edited` with `source` where the mask is white. */
function laidOver(edited: NDArray, source: NDArray, mask: NDArray): NDArray {
  const [values, own] = [edited.floats(), source.floats()];
  return NDArray.float32(
    edited.shape,
    values.map((value, i) => (mask.at(i % mask.size) > 0 ? (own[i] as number) : value)),
  );
}

/** Of all edits of a method, as a judge reads them. */
export interface Reached {
  /** Share whose target the judge finds nearer than all that else could be asked for. */
  readonly accuracy: number;
  /** Share whose target is nearer than what the source was. */
  readonly overSource: number;
  /** Squared distance of an edit from the mean of real pictures of its target, mean over edits; NaN without real pictures. */
  readonly classDistance: number;
  /** Squared distance of the mean of all edits from the mean of all real pictures. */
  readonly meanDistance: number;
}

/** @param edits unit vectors, one for each task; @param texts of a judge, by text */
export function reached(
  tasks: readonly EditTask[],
  edits: readonly Vector[],
  reals: readonly (readonly Vector[])[],
  texts: ReadonlyMap<string, Vector>,
): Reached {
  const cosine = (i: number, text: string) => dot(edits[i] as Vector, texts.get(text) as Vector);
  const hits = tasks.map(({ target, others }, i) => others.every((text) => cosine(i, target) > cosine(i, text)));
  const over = tasks.map(({ source, target }, i) => cosine(i, target) > cosine(i, source));
  const known = reals.map((real) => real.length > 0);
  const classes = edits.flatMap((edit, i) => (known[i] ? [apart(edit, middle(reals[i] as readonly Vector[]))] : []));
  return {
    accuracy: average(hits.map(Number)),
    overSource: average(over.map(Number)),
    classDistance: average(classes),
    meanDistance: known.includes(true)
      ? apart(middle(edits.filter((_, i) => known[i])), middle(reals.flat()))
      : Number.NaN,
  };
}

export const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length; // biome-ignore format: one thought

export const dot = (a: Vector, b: Vector) => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0); // biome-ignore format: one thought
const apart = (a: Vector, b: Vector) => a.reduce((sum, value, i) => sum + (value - (b[i] as number)) ** 2, 0); // biome-ignore format: one thought
const middle = (vectors: readonly Vector[]): number[] => (vectors[0] ?? []).map((_, i) => average(vectors.map((vector) => vector[i] as number))); // biome-ignore format: one thought
