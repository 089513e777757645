/** One step of each scheduler of the diffusers library, whatever the spacing, the prediction and the schedule of noise. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fixturePath } from "../../../test/support/fixtures.js";
import { NDArray } from "../../core/ndarray.js";
import { input } from "../../graph/tensor.js";
import { evaluate } from "../../runtime/reference/evaluate.js";
import { latentOf, oneStep } from "./schedule.js";

interface Entry {
  readonly config: {
    readonly _class_name: string;
    readonly timestep_spacing?: string;
    readonly prediction_type: string;
  };
  readonly timestep: number;
  readonly seen: number;
  readonly made: readonly number[];
}

const { entries, ...given } = JSON.parse(await readFile(fixturePath("diffusion-schedules.json"), "utf8")) as {
  readonly entries: readonly Entry[];
  readonly noise: readonly number[];
  readonly output: readonly number[];
};

test("every start from noise gives the library's time and latent, everything else is refused with the cure", () => {
  const [noise, answer] = [input("noise", "float32", [3]), input("answer", "float32", [3])];
  let refused = 0;
  for (const { config, timestep, seen, made } of entries) {
    const what = JSON.stringify(config);
    if (timestep < 940) {
      refused++;
      expect(() => oneStep(config, "scheduler_config.json"), what).toThrow(
        `asks the net at time ${timestep} of 999 in its one step, which is no start from noise`,
      );
      continue;
    }
    const step = oneStep(config, "scheduler_config.json");
    expect(step.timestep, what).toBe(timestep);
    expect(step.seen, what).toBeCloseTo(seen, 5);
    const feeds = { noise: NDArray.float32([3], given.noise), answer: NDArray.float32([3], given.output) };
    const latent = evaluate([latentOf(step, noise, answer)], feeds)[0] as NDArray;
    made.forEach((value, i) => {
      expect(Math.abs(latent.at(i) - value), what).toBeLessThan(1e-3 * (1 + Math.abs(value)));
    });
  }
  expect([refused, entries.length - refused]).toEqual([86, 76]);
});
