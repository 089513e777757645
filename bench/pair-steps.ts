/** What a step of the bundled pair takes, and its parts: told by runs that leave one out. The same code on Node and in a browser's worker. */
import type { StepEvent } from "../src/guidance/run-state.js";
import type { RunRequest } from "../src/pair/requests.js";
import { median } from "./probe.js";

/** A pair of models on either face of the package. */
interface Pair {
  create(request: RunRequest<never>): AsyncIterable<StepEvent> & { dispose(): Promise<void> };
  dispose(): Promise<void>;
}

/** Seconds. */
export interface PairTimes {
  /** Until the models are read and the engine is there */
  readonly load: number;
  /** The first step, with what is compiled for it */
  readonly first: number;
  /** A step with the pair's own settings: 4 cutouts at 128 px */
  readonly step: number;
  /** Of it: the prior, one of the cutouts with its encoding and gradient, and what is left, which is the drawing and its gradient */
  readonly prior: number;
  readonly cutout: number;
  readonly rest: number;
}

/** @param steps how many of each kind are timed, after two that are not; their median counts */
export async function pairTimes(open: () => Promise<Pair>, steps: number): Promise<PairTimes> {
  const begun = performance.now();
  const pair = await open();
  const load = (performance.now() - begun) / 1000;
  const [first, step] = await timed(pair, steps, {});
  const [, single] = await timed(pair, steps, { cutouts: 1 });
  const [, free] = await timed(pair, steps, { prior: { weight: 0, from: 0, to: 0 } });
  await pair.dispose();
  const [prior, cutout] = [step - free, (step - single) / 3];
  return { load, first, step, prior, cutout, rest: step - prior - 4 * cutout };
}

/** Seconds of a run's first step, and the median of `steps` after the first two. */
async function timed(pair: Pair, steps: number, settings: Partial<RunRequest<never>>): Promise<[number, number]> {
  const run = pair.create({ prompts: "a red apple", seed: 1, size: [128, 128], ...settings });
  const times: number[] = [];
  let before = performance.now();
  for await (const _ of run) {
    times.push((performance.now() - before) / 1000);
    if (times.length === steps + 2) break;
    before = performance.now();
  }
  await run.dispose();
  return [times[0] as number, median(times.slice(2))];
}
