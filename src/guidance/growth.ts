/** A drawing of a picture that is made before a run's first step: shapes join in stages, and after each all of them follow the picture's pixels. */
import { grad } from "../autodiff/grad.js";
import { NDArray } from "../core/ndarray.js";
import type { Random } from "../core/random.js";
import { input, type Tensor } from "../graph/tensor.js";
import { clampPicture } from "../image/bytes.js";
import type { Generator, Growth } from "../models/generator.js";
import { add, mul, square, sub } from "../ops/arithmetic.js";
import { mean } from "../ops/reduction.js";
import { optimizers } from "../optim/optimizer.js";
import { type CompileOptions, compile, type Program } from "../runtime/program.js";

/** The rate that a drawing's latent is in units of. */
const RATE = 1;

/** @param picture [3,H,W] in 0..1 @returns a latent @throws DEVICE_UNAVAILABLE */
export async function grown(
  generator: Generator,
  growth: Growth,
  picture: NDArray,
  random: Random,
  options: CompileOptions,
): Promise<NDArray> {
  const fit = new Fit(generator, growth, picture, options);
  try {
    let z = growth.begin();
    for (let stage = 0; stage < growth.stages; stage++) {
      z = growth.grow(z, stage, (await fit.look(z)).drawn, picture, random);
      let state = optimizers.adam.init(z.size);
      for (let step = 0; step < growth.steps; step++) {
        const { gradient } = await fit.look(z);
        const next = optimizers.adam.update(z.floats(), gradient.floats(), state, RATE);
        z = NDArray.float32(z.shape, next.parameters);
        state = next.state;
      }
    }
    return z;
  } finally {
    await fit.dispose();
  }
}

/** How far a drawing is from the picture: the squared error, and what its shapes cost by themselves. */
class Fit {
  private program: Program<"drawn" | "gradient"> | undefined;
  private room = 0;

  constructor(
    private readonly generator: Generator,
    private readonly growth: Growth,
    private readonly picture: NDArray,
    private readonly options: CompileOptions,
  ) {}

  /** The drawing [3,H,W] in 0..1, and which way its latent is to go. */
  async look(z: NDArray): Promise<{ readonly drawn: NDArray; readonly gradient: NDArray }> {
    const { culling } = this.generator;
    const size = this.picture.shape.slice(1) as unknown as [number, number];
    const lists = this.program && (culling ? culling.feeds(z, size, this.room) : {});
    if (!this.program || !lists) {
      await this.dispose();
      this.room = culling?.roomFor(z, size) ?? 0;
      this.program = await compile(this.graph(z, size), this.options);
      return this.look(z);
    }
    const { drawn, gradient } = await this.program.run({ z, wanted: this.picture, ...lists });
    return { drawn: clampPicture(drawn), gradient };
  }

  async dispose(): Promise<void> {
    await this.program?.dispose();
    this.program = undefined;
  }

  private graph({ shape }: NDArray, [height, width]: [number, number]): { drawn: Tensor; gradient: Tensor } {
    const z = input("z", "float32", shape);
    const room = this.generator.culling ? { room: this.room } : {};
    const picture = this.generator.decode(z, { size: [width, height], ...room }); // -1..1
    const drawn = mul(add(picture, 1), 0.5);
    const error = mul(mean(square(sub(drawn, input("wanted", "float32", this.picture.shape)))), 3); // summed over r, g, b
    const extra = this.growth.extra(z, [height, width]);
    const [gradient] = grad(extra ? add(error, extra) : error, [z]) as [Tensor];
    return { drawn, gradient };
  }
}
