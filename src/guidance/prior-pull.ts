/** What the generator's prior does between two steps: the latent goes a share of the way to what it would be without noise. */
import { NDArray } from "../core/ndarray.js";
import { Random } from "../core/random.js";
import type { Shape } from "../core/shape.js";
import { input, type Tensor } from "../graph/tensor.js";
import { type Generator, type LatentPrior, priorOf } from "../models/generator.js";
import { add, mul, sub } from "../ops/arithmetic.js";
import { type CompileOptions, compile, type Program } from "../runtime/program.js";
import { settingsAt } from "./courses.js";
import type { RunState } from "./run-state.js";
import type { Settings } from "./settings.js";

/** Numbers that change from step to step. */
const shares = ["signal", "noise", "of", "answer", "weight"] as const;
type Shares = [signal: Tensor, noise: Tensor, of: Tensor, answer: Tensor, weight: Tensor];

/**
 * z <- z + w (d(z) - z), where d(z) is what a net that was taught to take noise off latents makes of signal z + noise e: the
 * denoiser in a prior's place of plug-and-play methods (Venkatakrishnan et al. 2013; with the net of a diffusion model and noise
 * that falls from step to step, Zhu et al. 2023). Nothing is differentiated on the way.
 */
export class PriorPull {
  private constructor(
    private readonly prior: LatentPrior,
    private readonly program: Program<"pulled">,
  ) {}

  /** Undefined where it weighs nothing. @throws BAD_ARGUMENT when the generator has no prior, DEVICE_UNAVAILABLE */
  static async compile(
    generator: Generator,
    { prior: { weight } }: Settings,
    shape: Shape,
    options: CompileOptions,
  ): Promise<PriorPull | undefined> {
    if (weight === 0) return undefined;
    const prior = priorOf(generator, "prior");
    return new PriorPull(prior, await compile({ pulled: pulled(prior, shape) }, options));
  }

  /** The latent after the step that follows `state`, from where that step left it. */
  async pull(z: NDArray, { settings, step }: Pick<RunState, "settings" | "step">): Promise<NDArray> {
    const { weight, from, to, final = 1 } = settingsAt(settings, step).prior;
    const along = (first: number, last: number) => first + ((last - first) * step) / settings.steps;
    const { time, ...level } = this.prior.at(along(from, to));
    const e = new Random(settings.seed).split(`noise of the prior at step ${step}`).normals(z.size);
    const numbers = { ...level, weight: weight * along(1, final) };
    const feeds = Object.fromEntries(shares.map((name) => [name, NDArray.scalar(numbers[name])]));
    return (await this.program.run({ ...feeds, latent: z, e: NDArray.float32(z.shape, e), time })).pulled;
  }

  async dispose(): Promise<void> {
    await this.program.dispose();
  }
}

/** The graph: inputs `latent`, `e`, `time` and the shares. */
export function pulled(prior: LatentPrior, shape: Shape): Tensor {
  const z = input("latent", "float32", shape);
  const [signal, noise, of, answer, weight] = shares.map((name) => input(name, "float32", [])) as Shares;
  const x = add(mul(signal, z), mul(noise, input("e", "float32", shape)));
  const guess = add(mul(of, x), mul(answer, prior.answer(x, input("time", "float32", [1, prior.timeWidth]))));
  return add(z, mul(weight, sub(guess, z)));
}
