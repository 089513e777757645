/** Finished pictures by another autoencoder than the one that steps look through; it is compiled with the first of them. */
import type { NDArray } from "../core/ndarray.js";
import { input, type Tensor } from "../graph/tensor.js";
import type { Finishing } from "../models/generator.js";
import { clip } from "../ops/arithmetic.js";
import { type CompileOptions, compile, type Program } from "../runtime/program.js";
import { finalPicture } from "./decoded.js";
import type { Settings } from "./settings.js";

/** The picture [1,3,H,W] in 0..1 of input `inner` [1,D,h,w]. */
export function finalGraph(finishing: Finishing, [width, height]: Settings["size"]): Tensor {
  const inner = input("inner", "float32", finishing.by.latentShape([height, width]));
  return clip(finalPicture(finishing, inner), 0, 1);
}

export class FinalPictures {
  private program: Promise<Program<"image">> | undefined;

  constructor(
    private readonly finishing: Finishing,
    private readonly size: Settings["size"],
    private readonly options: CompileOptions,
  ) {}

  /** The picture [3,H,W] in 0..1 of what the step gives as `inner`. @throws DEVICE_UNAVAILABLE */
  async of(inner: NDArray): Promise<NDArray> {
    this.program ??= compile({ image: finalGraph(this.finishing, this.size) }, this.options);
    const { image } = await (await this.program).run({ inner });
    return image.reshape(image.shape.slice(1));
  }

  async dispose(): Promise<void> {
    const { program } = this;
    this.program = undefined;
    await (await program)?.dispose();
  }
}
