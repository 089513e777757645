/** The generator's role in the method: pictures from latents, and back. Any model that fills it can be used. */
import { requires } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import type { Random } from "../core/random.js";
import { type Shape, sameShape } from "../core/shape.js";
import type { Tensor } from "../graph/tensor.js";
import type { ModelFile } from "./model-file.js";
import type { TextReader } from "./text-reader.js";

/** How a generator decodes. */
export interface DecodeOptions {
  /** Compute intermediate values again in the backward pass instead of keeping them (default false). */
  readonly recompute?: boolean;
  /** Of the picture, as settings hold it; for generators whose latent's shape does not tell it. */
  readonly size?: readonly [width: number, height: number];
  /** Share of its schedule at which a diffusion model's one step begins (default 1: at noise alone). */
  readonly noising?: number;
  /** The picture [1,3,H,W] in -1..1 of an edit, for generators that repaint one. */
  readonly source?: Tensor;
  /** Embedding [1,E] of what to draw, by its `text`; for generators that have one. */
  readonly text?: Tensor;
  /** Of lists of what lies where, for generators that have `culling`, which makes them (default: without lists). */
  readonly room?: number | undefined;
}

/** Shapes that lie over one another, and lists of what lies where, made on the host before each step, so that shapes are drawn only where they are. */
export interface Culling {
  /** The latent whose drawing has only the first of its shapes, a share of them all. @param share 0..1 */
  firstShapes(z: NDArray, share: number): NDArray;
  /** How much room lists for latents like this one need, in a unit of its own. */
  roomFor(z: NDArray, size: readonly [height: number, width: number]): number;
  /** What `decode` with that room reads beside the latent, by name; undefined where the latent needs more. How much more room there is changes no byte. */
  feeds(
    z: NDArray,
    size: readonly [height: number, width: number],
    room: number,
  ): Readonly<Record<string, NDArray>> | undefined;
}

/** Shapes that join a drawing of a picture in stages; between two of these all shapes follow the picture's pixels by gradients, at a rate of 1. */
export interface Growth {
  readonly stages: number;
  /** Steps of descent in each stage */
  readonly steps: number;
  /** A latent whose drawing is empty */
  begin(): NDArray;
  /**
   * The latent with a stage's shapes, where the drawing differs most from the picture.
   *
   * @param stage from 0
   * @param drawn, wanted [3,H,W] in 0..1
   */
  grow(z: NDArray, stage: number, drawn: NDArray, wanted: NDArray, random: Random): NDArray;
  /** What shapes cost beside the picture's mean squared error, summed over its channels; undefined: nothing */
  extra(z: Tensor, size: readonly [height: number, width: number]): Tensor | undefined;
}

/** The codes that a latent [n,D,h,w] is made of. */
export interface Codebook {
  /** [K,D], on the host */
  readonly codes: NDArray;
  /** Smallest and largest value of every channel of the codes, [D] each */
  readonly range: { readonly low: Float32Array; readonly high: Float32Array };
  /** The latent [n,D,h,w] with the nearest code at every position, gradient passed straight through; int64 [n,h,w] */
  quantize(z: Tensor): { readonly zq: Tensor; readonly indices: Tensor };
}

/** A latent z under noise, x = signal z + noise e with e of deviation 1, and what the latent was by a net's answer: z = of x + answer y. */
export interface NoiseLevel {
  readonly signal: number;
  readonly noise: number;
  readonly of: number;
  readonly answer: number;
  /** What tells the net how much noise there is, [1,C] */
  readonly time: NDArray;
}

/** What latents are like, as a net knows that was taught to take noise off them. */
export interface LatentPrior {
  /** C of what tells it the time */
  readonly timeWidth: number;
  /** A share of its schedule, from next to no noise at 0 to next to nothing else at 1. */
  at(share: number): NoiseLevel;
  /** The answer y [n,D,h,w] to x of that shape, told the time [1,C] */
  answer(x: Tensor, time: Tensor): Tensor;
}

/** A shape in space, by its latents. */
export interface Solid {
  /** What `decode` reads beside a latent, by name: views that are drawn for a step. The first is always the front, which is the picture. */
  feeds(z: NDArray, size: readonly [height: number, width: number], random: Random): Readonly<Record<string, NDArray>>;
  /** One view [1,3,H,W] in -1..1 of a latent; reads what `feedsAt` gives. */
  view(z: Tensor, size: readonly [height: number, width: number]): Tensor;
  /** What `view` reads. @param turn how far it is looked at from the front, in turns about the upright axis */
  feedsAt(z: NDArray, size: readonly [height: number, width: number], turn: number): ReturnType<Solid["feeds"]>;
  /** The shape with its colours as a file. @param ending `.obj`, `.ply` or `.glb` @throws BAD_ARGUMENT on another one */
  file(z: NDArray, ending: string): Uint8Array;
}

/** A picture in two parts: an autoencoder draws it of a latent of its own, and so can another one of the same space. */
export interface Finishing {
  /** The generator's latent -> the autoencoder's [n,D,h,w] */
  inner(z: Tensor, options?: DecodeOptions): Tensor;
  /** That -> the picture, as `decode` has it of both in a row */
  draw(inner: Tensor, options?: DecodeOptions): Tensor;
  /** The autoencoder that draws finished pictures in its place */
  readonly by: Generator;
}

/** A model that draws pictures from latents. */
export interface Generator {
  /** Where no file tells it from others, its name has to: it goes into pictures and sessions. */
  readonly name: string;
  /** f: both sides of its pictures are multiples of it */
  readonly factor: number;
  /** Side of the square picture that it draws unless a size is asked for */
  readonly resolution: number;
  /** Absent where the latent is continuous. */
  readonly codebook?: Codebook;
  /** Absent where nothing knows what its latents are like. */
  readonly prior?: LatentPrior;
  /** Spread of the values that latents have: of a normal random start (default 1) */
  readonly deviation?: number;
  /** A random start, where latents are not normally distributed: what `start: normal` begins at (default: normal numbers of `deviation`). */
  readonly first?: (size: readonly [height: number, width: number], random: Random) => NDArray;
  /** A start on a picture [3,H,W] in 0..1 of which it has no latent: what edits, and runs that begin at a picture, begin at. */
  readonly firstOf?: (picture: NDArray, random: Random) => NDArray;
  /** How its drawing of a picture grows instead, where it does. */
  readonly growth?: Growth;
  /** Whether it repaints the picture of an edit: its latents are ways to do so, and none is of a picture (default false). */
  readonly repaints?: true;
  /** Reads what it is told to draw, for `decode`; absent where it is told nothing. */
  readonly text?: TextReader;
  /** Settings that suit it, in the form of a `recommended.json`; presets that are asked for come first. */
  readonly recommended?: object;
  /**
   * The shape of one picture's latent. Where it is [1,D,H/f,W/f], a position is taken to draw its own f x f pixels, and
   * masks hold it; of any other shape, masks hold the finished picture only.
   */
  latentShape(size: readonly [height: number, width: number]): Shape;
  /** A picture [n,3,H,W] in -1..1 -> its latent, not yet quantised and without noise. A checkpoint may lack the encoder. */
  readonly encode?: (x: Tensor, options?: DecodeOptions) => Tensor;
  /** Deviation of the noise that a picture's latent is to be covered with at a share of the schedule; absent where latents have none. */
  readonly noiseAt?: (noising: number) => number;
  /** A latent, of codes where there is a codebook -> its picture [n,3,H,W], about -1..1 */
  decode(z: Tensor, options?: DecodeOptions): Tensor;
  /** Set where lists of what lies where save time. The picture is the same with and without, but for rounding. */
  readonly culling?: Culling;
  /** Set where finished pictures are drawn by another autoencoder than those that steps look at. */
  readonly finishing?: Finishing;
  /** The picture of a latent as an SVG with a title, for generators whose pictures are made of shapes. */
  readonly svg?: (z: NDArray, size: readonly [height: number, width: number], title: string) => string;
  /** What shapes in space have beside it: views that change from step to step, and a file. `decode` then gives one picture for each view. */
  readonly solid?: Solid;
  /** What it was read from, for the record that a picture carries */
  readonly files: readonly ModelFile[];
}

/** D of its latents, where they are [1,D,..]. */
export function channelsOf({ latentShape, factor }: Generator): number {
  return latentShape([factor, factor])[1] as number;
}

/** Its encoder. @throws BAD_MODEL saying who needs it */
export function encoderOf({ name, encode }: Generator, caller: string): NonNullable<Generator["encode"]> {
  requires(
    encode,
    "BAD_MODEL",
    () => `${caller}: ${name} has no encoder`,
    "use a checkpoint that holds the encoder too",
  );
  return encode;
}

/** Its way to SVG. @throws BAD_ARGUMENT saying who needs it */
export function svgOf({ name, svg }: Generator, caller: string): NonNullable<Generator["svg"]> {
  requires(svg, "BAD_ARGUMENT", () => `${caller}: ${name} draws no shapes`, "use the generator strokes");
  return svg;
}

/** Its shapes. @throws BAD_ARGUMENT saying who needs them */
export function culledBy({ name, culling }: Generator, caller: string): Culling {
  requires(culling, "BAD_ARGUMENT", () => `${caller}: ${name} draws no shapes`, "use the generator strokes");
  return culling;
}

/** Its way to shapes. @throws BAD_ARGUMENT saying who needs it */
export function solidOf({ name, solid }: Generator, caller: string): Solid {
  requires(solid, "BAD_ARGUMENT", () => `${caller}: ${name} has no shape in space`, "use the generator mesh:FILE.obj");
  return solid;
}

/** Its codebook. @throws BAD_ARGUMENT saying who needs it */
export function codebookOf({ name, codebook }: Generator, caller: string): Codebook {
  requires(codebook, "BAD_ARGUMENT", () => `${caller}: ${name} has no codebook`, "use a VQGAN, or leave it out");
  return codebook;
}

/** What knows its latents. @throws BAD_ARGUMENT saying who needs it */
export function priorOf({ name, prior }: Generator, caller: string): LatentPrior {
  requires(
    prior,
    "BAD_ARGUMENT",
    () => `${caller}: ${name} has none`,
    "use a latent diffusion model's folder (model_index.json, vqvae/, unet/, scheduler/), or leave it 0",
  );
  return prior;
}

/** The size asked for as [height,width], for generators that need it. @throws BAD_ARGUMENT when it is left out */
export function sizeOption(name: string, { size }: DecodeOptions = {}): [height: number, width: number] {
  requires(size, "BAD_ARGUMENT", () => `decode(): ${name} needs the picture's size`, "pass { size: [width, height] }");
  return [size[1], size[0]];
}

/** Whether it can begin at a picture. @throws BAD_MODEL saying who needs it to */
export function requirePictures(generator: Generator, caller: string): void {
  if (!generator.repaints && !generator.firstOf) encoderOf(generator, caller);
}

/** The picture that it repaints, for generators that need one. @throws BAD_ARGUMENT when it is left out */
export function sourceOption(name: string, { source }: DecodeOptions = {}): Tensor {
  requires(source, "BAD_ARGUMENT", () => `decode(): ${name} repaints a picture, there is none`, "edit one");
  return source;
}

/** Whether every latent position draws its own f x f pixels of the picture. */
export function isLocal(generator: Generator, [height, width]: readonly [number, number]): boolean {
  const { factor } = generator;
  const shape = generator.latentShape([height, width]);
  return shape.length === 4 && sameShape(shape.slice(2), [height / factor, width / factor]);
}
