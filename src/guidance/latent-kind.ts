/** What is optimised, and how the decoder's latent comes of it (paper sections 2.1 and 5.1). */
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import type { Shape } from "../core/shape.js";
import { constant, input, type Tensor } from "../graph/tensor.js";
import { codebookOf, type Generator } from "../models/generator.js";
import { softmax } from "../ops/activation.js";
import { replaceGrad } from "../ops/gradient-control.js";
import { reshape, transpose } from "../ops/layout.js";
import { matmul } from "../ops/linear-algebra.js";
import { gather } from "../ops/movement.js";
import { type CompileOptions, compile, compileOptionsOf } from "../runtime/program.js";
import { fused, fusedShape, fusedStart } from "./fused-latent.js";
import { type EncodeOptions, latentOfPicture } from "./latent.js";
import type { Settings } from "./settings-type.js";

export const latentKinds = ["quantized", "continuous", "sampled", "mixed", "fused"] as const;
/**
 * - `quantized`: z, each position replaced by its nearest code, gradient straight through (z+quantise)
 * - `continuous`: z, decoded as it is
 * - `sampled`: a logit for every code at every position; each step draws codes, the gradient goes to their probabilities
 *   (codebook sampling)
 * - `mixed`: the same logits; the decoder gets the mean of the codes, weighted by their probabilities
 * - `fused`: several latents and logits of their shares; the decoder gets their mixture as it is
 *
 * A finished picture is made of the likeliest codes.
 */
export type LatentKind = (typeof latentKinds)[number];

/** What of the settings says what is optimised. */
export type Variable = Pick<Settings, "latent" | "basis" | "seed">;

/** Whether logits of codes [1,K,h,w] are optimised, rather than a latent [1,D,h,w]. */
export function hasLogits(kind: LatentKind): boolean {
  return kind === "sampled" || kind === "mixed";
}

/** Whether one latent [1,D,h,w] is optimised, and nothing else: what a prior over latents knows. */
export function isOneLatent(kind: LatentKind): boolean {
  return kind === "quantized" || kind === "continuous";
}

/** The generator's own of a latent, [1,K,H/f,W/f] of logits, [2k,...] of a basis. @throws BAD_ARGUMENT when they need a codebook */
export function variableShape(
  generator: Generator,
  { latent: kind, basis }: Pick<Variable, "latent" | "basis">,
  [height, width]: readonly [number, number],
): Shape {
  const { factor } = generator;
  if (hasLogits(kind)) return [1, codesOf(generator, kind).shape[0] as number, height / factor, width / factor];
  const own = generator.latentShape([height, width]);
  return kind === "fused" ? fusedShape(own, basis) : own;
}

/** [K,D] */
const codesOf = (generator: Generator, kind: LatentKind): NDArray => codebookOf(generator, `latent: ${kind}`).codes;

/**
 * What the decoder gets [1,D,h,w] of what is optimised. Reads the input `codes` int32 [1,h,w] where codes are drawn.
 *
 * @param variable z [1,D,h,w], logits [1,K,h,w] or a basis [2k,...]
 */
export function latentOf(generator: Generator, kind: LatentKind, variable: Tensor): Tensor {
  if (kind === "continuous") return variable;
  if (kind === "fused") return fused(variable);
  if (kind === "quantized") return codebookOf(generator, `latent: ${kind}`).quantize(variable).zq;
  const [, count, h, w] = variable.shape as [number, number, number, number];
  const codebook = constant(codesOf(generator, kind)); // [K, D]
  const probabilities = softmax(reshape(variable, [count, h * w]), 0); // [K, hw]
  const mixed = reshape(matmul(transpose(codebook), probabilities), [1, codebook.shape[1] as number, h, w]);
  if (kind === "mixed") return mixed;
  const drawn = gather(codebook, input("codes", "int32", [1, h, w])); // [1, h, w, D]
  return replaceGrad(transpose(drawn, [0, 3, 1, 2]), mixed);
}

/** Whether the decoder gets codes, or mixtures of them: pictures that a run begins at are then quantised. */
export function isOfCodes(kind: LatentKind): boolean {
  return kind !== "continuous" && kind !== "fused";
}

/** What is optimised to begin at a latent [1,D,h,w]: itself, logits of its codes, or a basis of nothing else. */
export async function variableOfLatent(
  generator: Generator,
  { latent: kind, basis, seed }: Variable,
  z: NDArray,
  options: CompileOptions,
): Promise<NDArray> {
  if (kind === "fused") return fusedStart(new Array<NDArray>(basis).fill(z), sharesRandom(seed));
  return hasLogits(kind) ? logitsOf(generator, z, options) : z;
}

/** Of the shares that a mixture begins with. */
export function sharesRandom(seed: Settings["seed"]): Random {
  return new Random(seed).split("shares of a fused latent");
}

/**
 * What is optimised to begin at a picture: its encoding, quantised unless it stays continuous, logits of its codes, or a
 * basis of nothing else.
 *
 * @param picture [3,H,W] in 0..1, H and W multiples of the generator's factor
 */
export async function variableOfPicture(
  generator: Generator,
  variable: Variable,
  picture: NDArray,
  options: Omit<EncodeOptions, "quantized">,
): Promise<NDArray> {
  const z = await latentOfPicture(generator, picture, { ...options, quantized: isOfCodes(variable.latent) });
  return variableOfLatent(generator, variable, z, compileOptionsOf(options));
}

/** z with the nearest code at every position, where the decoder gets codes of it; z itself otherwise. */
export async function nearestLatent(
  generator: Generator,
  kind: LatentKind,
  z: NDArray,
  options: CompileOptions,
): Promise<NDArray> {
  if (kind !== "quantized") return z;
  const { zq: nearest } = codebookOf(generator, `latent: ${kind}`).quantize(input("z", "float32", z.shape));
  const program = await compile({ zq: nearest }, options);
  const { zq } = await program.run({ z });
  await program.dispose();
  return zq;
}

/** Standard normal logits [1,K,rows,columns]: how codebook sampling begins. */
export function randomLogits(
  generator: Generator,
  [rows, columns]: readonly [number, number],
  random: Random,
): NDArray {
  const count = codesOf(generator, "sampled").shape[0] as number;
  return NDArray.float32([1, count, rows, columns], random.normals(count * rows * columns));
}

/** How likely a code is at first that a picture has. */
const FIRST_PROBABILITY = 0.9;

/** Logits [1,K,h,w] whose likeliest codes are those nearest to z [1,D,h,w]; all others are equally unlikely. */
export async function logitsOf(generator: Generator, z: NDArray, options: CompileOptions = {}): Promise<NDArray> {
  const codebook = codebookOf(generator, "logits");
  const program = await compile({ indices: codebook.quantize(input("z", "float32", z.shape)).indices }, options);
  const { indices } = await program.run({ z });
  await program.dispose();
  const count = codebook.codes.shape[0] as number;
  const high = Math.log((FIRST_PROBABILITY * (count - 1)) / (1 - FIRST_PROBABILITY));
  return oneHot(Array.from(indices.data, Number), count, indices.shape.slice(1), high);
}

/** Logits [1,K,h,w] with `high` at one code of every position and 0 at the others. */
function oneHot(codes: readonly number[], count: number, grid: readonly number[], high: number): NDArray {
  const logits = new Float32Array(count * codes.length);
  codes.forEach((code, position) => {
    logits[code * codes.length + position] = high;
  });
  return NDArray.float32([1, count, ...grid], logits);
}

/**
 * The codes of a step int32 [1,h,w]: drawn by their probabilities; the likeliest where nothing may change.
 *
 * @param logits [1,K,h,w]
 * @param free 1 for each position that may change; undefined: all may
 */
export function drawCodes(logits: NDArray, random: Random, free?: Uint8Array): NDArray {
  const [, count, h, w] = logits.shape as [number, number, number, number];
  const values = logits.floats();
  const area = h * w;
  const likeliest = likeliestOf(values, area);
  const codes = Int32Array.from(likeliest, (best, position) => {
    const target = random.uniform(); // drawn for every position, so that a mask changes no other's codes
    if (free && !free[position]) return best;
    const shift = values[best * area + position] as number;
    const weight = (code: number) => Math.exp((values[code * area + position] as number) - shift);
    let total = 0;
    for (let code = 0; code < count; code++) total += weight(code);
    let code = -1;
    for (let left = target * total; left >= 0 && code < count - 1; ) left -= weight(++code);
    return code;
  });
  return new NDArray("int32", [1, h, w], codes);
}

/** The likeliest code of every position; the first of equals. */
function likeliestOf(values: Float32Array, area: number): Int32Array {
  const best = new Int32Array(area);
  for (let i = area; i < values.length; i++) {
    const position = i % area;
    if ((values[i] as number) > (values[(best[position] as number) * area + position] as number)) {
      best[position] = Math.floor(i / area);
    }
  }
  return best;
}

/** Enough that every other code's probability is 0 in float32. */
const CERTAIN = 1000;

/** What to feed for the finished picture: of logits, the likeliest codes and nothing else. */
export function settled(kind: LatentKind, variable: NDArray): { z: NDArray; codes?: NDArray } {
  if (!hasLogits(kind)) return { z: variable };
  const [, count, h, w] = variable.shape as [number, number, number, number];
  const codes = likeliestOf(variable.floats(), h * w);
  return { z: oneHot([...codes], count, [h, w], CERTAIN), codes: new NDArray("int32", [1, h, w], codes) };
}
