/** What the diffusers library's CMStochasticIterativeScheduler does in one step: a consistency model's way from noise to a picture. */
import * as z from "zod";
import { parsed } from "../parse.js";
import type { OneStep, Start } from "./schedule.js";

const schema = z.object({
  _class_name: z.literal(
    "CMStochasticIterativeScheduler",
    "only consistency models draw pictures of pixels in one step: expected CMStochasticIterativeScheduler",
  ),
  sigma_min: z.number().nonnegative().default(0.002),
  sigma_max: z.number().positive().default(80),
  /** Deviation of pictures */
  sigma_data: z.number().positive().default(0.5),
  rho: z.number().positive().default(7),
});

/**
 * x = picture + sigma e; the net sees x / sqrt(sigma^2 + d^2) at the time 250 ln sigma, d the deviation of pictures. The result
 * is c_skip x + c_out answer, with c_skip = d^2 / ((sigma - s)^2 + d^2) and c_out = (sigma - s) d / sqrt(sigma^2 + d^2), which
 * give x back at the least noise s. That the library bounds it to -1..1 is left to the picture's own clamp, whose gradient leads
 * back into the range.
 *
 * @param config the content of `scheduler_config.json`
 * @param noising share of the schedule at which it begins; below 1 at a picture with noise, as the net sees it
 * @throws BAD_MODEL naming `origin` when it is another scheduler's, or damaged
 */
export function consistencyStep(config: unknown, origin: string, noising = 1): OneStep & { readonly start: Start } {
  const { sigma_min: least, sigma_max: most, sigma_data: data, rho } = parsed(schema, config, origin);
  const sigma = (least ** (1 / rho) + noising * (most ** (1 / rho) - least ** (1 / rho))) ** rho;
  const length = Math.hypot(sigma, data);
  const skip = data ** 2 / ((sigma - least) ** 2 + data ** 2);
  const out = ((sigma - least) * data) / length;
  const start = { signal: 1 / length, noise: sigma / length };
  const atNoise = noising === 1; // the latent is e itself then, else what the net sees
  return {
    timestep: 250 * Math.log(sigma),
    seen: atNoise ? start.noise : 1,
    guess: { noise: skip * (atNoise ? sigma : length), answer: out },
    result: { guess: 1, noise: 0, answer: 0 },
    start,
  };
}
