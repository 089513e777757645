/** A picture through the generator and back, which shows what a run can reach: encode, quantise, decode. */
import { requires } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { input, type Tensor } from "../graph/tensor.js";
import { cropOrPad } from "../image/pad.js";
import { psnr } from "../image/similarity.js";
import { encoderOf, type Generator } from "../models/generator.js";
import { add, clip, mul } from "../ops/arithmetic.js";
import { type CompileOptions, compile } from "../runtime/program.js";

/** A picture after the way through the generator. */
export interface Reconstruction {
  /** [3,H,W] in 0..1, of the input's size */
  readonly picture: NDArray;
  /** The chosen codes, row-major over the latent of the padded picture: [rows, columns]; where there is a codebook */
  readonly codes?: NDArray;
  /** Peak signal-to-noise ratio in dB against the input; Infinity when they are equal */
  readonly psnr: number;
  /** How many different codes it uses; where there is a codebook. */
  readonly codesUsed?: number;
}

/** @param picture [3,H,W] in 0..1 of any size; padded to multiples of the factor by repeating its border */
export async function reconstruct(
  generator: Generator,
  picture: NDArray,
  options: CompileOptions = {},
): Promise<Reconstruction> {
  const encode = encoderOf(generator, "reconstruct()");
  requires(
    !generator.noiseAt,
    "BAD_MODEL",
    () => `reconstruct(): the way through ${generator.name} leads through noise`,
    "name its vae/ folder instead",
  );
  const [, height, width] = picture.shape as [number, number, number];
  const up = (side: number) => Math.ceil(side / generator.factor) * generator.factor;
  const padded = cropOrPad(picture, up(height), up(width));
  const x = input("x", "float32", [1, ...padded.shape]);
  const z = encode(add(mul(x, 2), -1));
  const quantized = generator.codebook?.quantize(z);
  const y = clip(mul(add(generator.decode(quantized?.zq ?? z, { size: [up(width), up(height)] }), 1), 0.5), 0, 1);
  const outputs: Record<string, Tensor> = { y, ...(quantized && { indices: quantized.indices }) };
  const program = await compile(outputs, options);
  const result = await program.run({ x: padded.reshape([1, ...padded.shape]) });
  await program.dispose();
  const made = cropOrPad((result.y as NDArray).reshape(padded.shape), height, width);
  const codes = result.indices?.reshape(result.indices.shape.slice(1));
  const used = codes && { codes, codesUsed: new Set(codes.data as BigInt64Array).size };
  return { picture: made, psnr: psnr(picture, made), ...used };
}
