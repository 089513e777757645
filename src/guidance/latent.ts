/** Where a run begins: random codes, given codes, or the encoding of a picture (paper section 2.1 and 4). */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import { type Shape, sizeOf } from "../core/shape.js";
import { input } from "../graph/tensor.js";
import { codebookOf, encoderOf, type Generator } from "../models/generator.js";
import { add, mul } from "../ops/arithmetic.js";
import { type CompileOptions, compile, type Program } from "../runtime/program.js";
import type { Settings } from "./settings-type.js";

/** Shape of the latent of a width x height picture. @throws BAD_ARGUMENT unless both divide by the factor */
export function latentShape(generator: Generator, [width, height]: readonly [number, number]): Shape {
  const f = generator.factor;
  const near = (side: number) => Math.max(f, Math.round(side / f) * f);
  requires(
    width % f === 0 && height % f === 0,
    "BAD_ARGUMENT",
    () => `size: ${width}x${height} is not a multiple of the generator's factor ${f}`,
    `try ${near(width)}x${near(height)}`,
  );
  return generator.latentShape([height, width]);
}

/** Uniformly random codes, one for each of `count` latent positions. */
export function randomCodes(generator: Generator, count: number, random: Random): number[] {
  const entries = codebookOf(generator, "start: codes").codes.shape[0] as number;
  return Array.from({ length: count }, () => random.integer(entries));
}

/** A normally distributed latent, as wide as the generator's latents are. */
export function normalLatent({ deviation = 1 }: Generator, shape: Shape, random: Random): NDArray {
  return NDArray.float32(
    shape,
    random.normals(sizeOf(shape)).map((value) => deviation * value),
  );
}

/**
 * The latent of given codes.
 *
 * @param codes rows x columns code numbers, row-major
 * @returns z [1,D,rows,columns]
 */
export function latentOfCodes(
  generator: Generator,
  codes: readonly number[],
  [rows, columns]: readonly [number, number],
): NDArray {
  const { codes: table } = codebookOf(generator, "init codes");
  const [entries, channels] = table.shape as [number, number];
  requires(
    codes.length === rows * columns,
    "BAD_ARGUMENT",
    () => `init codes: ${rows}x${columns} latent positions need ${rows * columns} codes, got ${codes.length}`,
  );
  const values = table.floats();
  const z = new Float32Array(channels * codes.length);
  codes.forEach((code, position) => {
    requires(
      Number.isInteger(code) && code >= 0 && code < entries,
      "BAD_ARGUMENT",
      () => `init codes: ${code} at position ${position} is not a code from 0 to ${entries - 1}`,
    );
    for (let c = 0; c < channels; c++) z[c * codes.length + position] = values[code * channels + c] as number;
  });
  return NDArray.float32([1, channels, rows, columns], z);
}

/** How a picture becomes a latent. */
export interface EncodeOptions extends CompileOptions {
  /** With the nearest code at every position (default true). */
  readonly quantized?: boolean;
  /** Under how much noise, where latents have it (default: none), and which. */
  readonly noise?: Pick<Settings, "noising" | "seed">;
}

/**
 * The latent of a picture: encode(2x - 1), quantised as the reference does it, or continuous; under noise where it is to be.
 *
 * @param picture [3,H,W] in 0..1, H and W multiples of the generator's factor
 */
export async function latentOfPicture(
  generator: Generator,
  picture: NDArray,
  options: EncodeOptions = {},
): Promise<NDArray> {
  const [, height, width] = picture.shape as [number, number, number];
  const encoder = await PictureEncoder.compile(generator, [width, height], options);
  const z = await encoder.encode(picture);
  await encoder.dispose();
  return z;
}

/** `latentOfPicture` for many pictures of one size, compiled once. */
export class PictureEncoder {
  private constructor(
    private readonly program: Program<"z">,
    /** Added to every latent, of its shape */
    private readonly noise: Float32Array | undefined,
  ) {}

  static async compile(
    generator: Generator,
    [width, height]: readonly [number, number],
    { quantized = true, noise, ...compileOptions }: EncodeOptions = {},
  ): Promise<PictureEncoder> {
    const shape = latentShape(generator, [width, height]);
    const x = input("picture", "float32", [1, 3, height, width]);
    const encoded = encoderOf(generator, "start")(add(mul(x, 2), -1), { noising: noise?.noising ?? 1 });
    return new PictureEncoder(
      await compile({ z: quantized ? codebookOf(generator, "start").quantize(encoded).zq : encoded }, compileOptions),
      noise && pictureNoise(generator, noise, shape),
    );
  }

  /** @param picture [3,H,W] in 0..1; @returns its latent, such as z [1,D,h,w] */
  async encode(picture: NDArray): Promise<NDArray> {
    const { z } = await this.program.run({ picture: picture.reshape([1, ...picture.shape]) });
    const { noise } = this;
    return noise
      ? NDArray.float32(
          z.shape,
          z.floats().map((value, i) => value + (noise[i] as number)),
        )
      : z;
  }

  async dispose(): Promise<void> {
    await this.program.dispose();
  }
}

/** The noise over every picture of a run: one and the same, so that frames differ as their pictures do. */
function pictureNoise(
  { noiseAt }: Generator,
  { noising, seed }: Pick<Settings, "noising" | "seed">,
  shape: Shape,
): Float32Array | undefined {
  const deviation = noiseAt?.(noising);
  if (deviation === undefined) return undefined;
  const values = new Random(seed).split("noise over pictures").normals(sizeOf(shape));
  return values.map((value) => deviation * value);
}

/** Clamps every channel of latents [n,D,h,w], of `area` positions each, to the codebook's range in that channel, in place. */
export function clampToCodebook(
  values: Float32Array,
  area: number,
  { low, high }: { low: Float32Array; high: Float32Array },
): void {
  for (let i = 0; i < values.length; i++) {
    const channel = Math.floor(i / area) % low.length;
    values[i] = Math.min(Math.max(values[i] as number, low[channel] as number), high[channel] as number);
  }
}
