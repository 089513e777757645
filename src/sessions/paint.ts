/**
 * Painting by hand (paper, appendix C): a run is stopped, its picture edited in any editor, and it goes on from there.
 * What was painted enters the latent where it was painted; everywhere else the latent stays as it is, bit for bit.
 */
import { sha256Of } from "../core/bytes.js";
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import type { Average } from "../guidance/average.js";
import { variableOfPicture } from "../guidance/latent-kind.js";
import { pullsToStart } from "../guidance/regularizer.js";
import type { Run } from "../guidance/run.js";
import type { RunState } from "../guidance/run-state.js";
import { firstOptimizer } from "../guidance/search.js";
import { pictureBytes } from "../image/bytes.js";
import { sourceScale, workingPicture } from "../masks/edit.js";
import { checkMask, freePositions, holdLatents } from "../masks/mask.js";
import { encoderOf, isLocal } from "../models/generator.js";
import type { OptimizerState } from "../optim/optimizer.js";

export const optimizerPolicies = ["keep", "reset", "reset-in-mask"] as const;
/** What becomes of the optimiser's running averages: kept, begun anew, or begun anew where the picture was painted. */
export type OptimizerPolicy = (typeof optimizerPolicies)[number];

/** Differences up to this many bytes of 255 are an editor's rounding, not paint. */
const ROUNDING = 2;

export interface Painted {
  readonly state: RunState;
  /** uint8 [h,w]: 1 for each latent position that was painted. */
  readonly positions: NDArray;
  /** Of the painted picture's bytes. */
  readonly sha256: string;
  /** Share of the picture's pixels that were painted, 0..1 */
  readonly share: number;
}

/**
 * The state of a run after painting.
 *
 * @param rendered the run's picture [3,H,W] in 0..1 that was painted over
 * @param picture the painted one, of the same size
 * @param given uint8 [H,W]: white was painted (default: where the pictures differ)
 * @throws BAD_ARGUMENT on another size or when nothing was painted, BAD_MODEL when the generator has no encoder
 */
export async function paintedState(
  { models: { generator }, state, compileOptions }: Pick<Run, "models" | "state" | "compileOptions">,
  rendered: NDArray,
  picture: NDArray,
  given: NDArray | undefined,
): Promise<Painted> {
  const { settings, source, z } = state;
  const [, height, width] = rendered.shape as [number, number, number];
  const [, rows, columns] = picture.shape as [number, number, number];
  encoderOf(generator, "edit()");
  requires(
    isLocal(generator, [settings.size[1], settings.size[0]]),
    "BAD_MODEL",
    () => `edit(): the latent of ${generator.name} has no places that a part of a picture could go to`,
  );
  requires(
    rows === height && columns === width,
    "BAD_ARGUMENT",
    () => `edit(): the painted picture has ${columns}x${rows} pixels, the run's ${width}x${height}`,
    "save it from the editor at its own size",
  );
  const bytes = pictureBytes(picture);
  const mask = given ?? differences(pictureBytes(rendered), bytes);
  if (given) checkMask(given, [height, width]);
  const { factor } = generator;
  const [h, w] = z.shape.slice(2) as [number, number];
  const scale = source ? sourceScale(source, settings.size, factor) : ([1, 1] as const);
  const positions = freePositions(mask, [h, w], factor, scale);
  if (source?.mask) {
    const free = freePositions(source.mask, [h, w], factor, scale);
    for (let i = 0; i < positions.length; i++) positions[i] = (positions[i] as number) & (free[i] as number);
  }
  requires(
    positions.some((position) => position === 1),
    "BAD_ARGUMENT",
    () => "edit(): nothing of the picture was painted, or only what the edit's mask holds",
    "paint over the picture that the session shows, or name a mask",
  );
  const sha256 = await sha256Of(bytes.bytes);
  const working = workingPicture({ picture: bytes, sha256 }, settings.size, factor);
  const encoded = (await variableOfPicture(generator, settings, working, compileOptions)).floats();
  const latent = holdLatents(encoded, z.floats(), positions);
  // What pulls to where a run began would pull the paint away again.
  const target = pullsToStart(settings.regularizer)
    ? holdLatents(encoded, state.latentTarget.floats(), positions)
    : undefined;
  const data = mask.data as Uint8Array;
  const { watch: _, best: __, average, ...rest } = state; // losses begin anew, and the judge has not seen the paint
  return {
    state: {
      ...rest,
      changed: true,
      z: NDArray.float32(z.shape, latent),
      ...(average && { average: paintedAverage(average, encoded, positions, settings.average) }),
      ...(target && { latentTarget: NDArray.float32(z.shape, target) }),
    },
    positions: new NDArray("uint8", [h, w], positions),
    sha256,
    share: data.reduce((count, value) => count + (value > 0 ? 1 : 0), 0) / data.length,
  };
}

/**
 * The optimiser's state under a policy. The count of updates is one for all positions: begun anew in a part only, Adam's
 * first steps there are up to 3 times as long as its very first, because their bias is no longer corrected.
 *
 * @param positions uint8 [h,w], 1 for each painted latent position; asked for where only they begin anew
 * @throws what `positions` throws
 */
export function optimizerUnder(
  policy: OptimizerPolicy,
  { optimizer, settings, z }: RunState,
  positions: () => NDArray,
): OptimizerState {
  if (policy === "keep") return optimizer;
  if (policy === "reset") return firstOptimizer(settings, z.size);
  const painted = positions().data as Uint8Array;
  const arrays = Object.entries(optimizer.arrays).map(([name, array]) => {
    const values = holdLatents(new Float32Array(array.size), array.floats(), painted);
    return [name, NDArray.float32(array.shape, values)];
  });
  return { ...optimizer, arrays: Object.fromEntries(arrays) };
}

/** The average that shows the paint where it was painted. */
function paintedAverage(average: Average, encoded: Float32Array, positions: Uint8Array, decay: number): Average {
  const weight = 1 - decay ** average.count;
  const biased = holdLatents(encoded.map((value) => weight * value), average.biased.floats(), positions); // biome-ignore format: one thought
  return { ...average, biased: NDArray.float32(average.biased.shape, biased) };
}

/** White where any channel of two pictures uint8 [3,H,W] differs by more than rounding. */
function differences(before: NDArray, after: NDArray): NDArray {
  const [old, fresh] = [before.data as Uint8Array, after.data as Uint8Array];
  const [, height, width] = before.shape as [number, number, number];
  const count = height * width;
  const differs = (i: number) => Math.abs((old[i] as number) - (fresh[i] as number)) > ROUNDING;
  const mask = Uint8Array.from({ length: count }, (_, i) =>
    differs(i) || differs(count + i) || differs(2 * count + i) ? 255 : 0,
  );
  return new NDArray("uint8", [height, width], mask);
}
