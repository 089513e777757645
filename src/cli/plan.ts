/** `generate --plan`: what a run will need, without running it. */
import { gigabytes } from "../core/bytes.js";
import { availableMemory } from "../runtime/available-memory.js";
import type { Device } from "../runtime/devices.js";
import { givenThreads } from "../runtime/given-threads.js";
import type { CreateRequest, VqganClip } from "../vqgan-clip.js";
import { exitCodes } from "./exit-codes.js";
import { clock } from "./reporter.js";
import { tell, tellJson } from "./terminal.js";

interface PlanFlags {
  readonly device?: Device | "auto";
  readonly threads?: number;
  readonly json?: boolean;
}

/** Share of the plain kernels' speed that a step reaches, as the benchmark measures it. */
const REACHED = 0.9;

/** Prints the plan on stdout. @returns the exit code */
export async function tellPlan(vq: VqganClip, request: CreateRequest, flags: PlanFlags): Promise<number> {
  const { settings, lowMemory, peakBytes } = vq.plan(request);
  const { size, cutouts, steps, recompute } = settings;
  const microBatch = Math.min(settings.microBatch, cutouts);
  const { stepFlops } = await import("../pair/plan.js");
  const { convolution, matrix } = stepFlops(vq, settings);
  const seconds = await secondsAStep(convolution, matrix, flags);
  const availableBytes = availableMemory();
  if (flags.json) {
    const flops = { convolution, matrix };
    const plan = { size, cutouts, microBatch, lowMemory, recompute, peakBytes, availableBytes, flops, seconds, steps };
    tellJson({ type: "plan", ...plan });
    return exitCodes.ok;
  }
  const ways = [
    `micro-batches of ${microBatch}`,
    ...(lowMemory ? ["low-memory session"] : []),
    ...(recompute ? ["generator's values computed again"] : []),
  ];
  tell(`${size.join("x")}, ${cutouts} cutouts, ${ways.join(", ")}`);
  const short = peakBytes > availableBytes ? "; too little: --max-memory makes it fit" : "";
  tell(`memory: about ${gigabytes(peakBytes)} at its peak, ${gigabytes(availableBytes)} are free${short}`);
  const time =
    seconds === undefined ? "" : `, at least ${seconds.toPrecision(2)} s; ${steps} steps: ${clock(seconds * steps)}`;
  tell(`a step: ${((convolution + matrix) / 1e12).toPrecision(3)} TFLOP${time}`);
  return exitCodes.ok;
}

/** From a short probe of the device; undefined where it is not one device that runs. */
async function secondsAStep(
  convolution: number,
  matrix: number,
  { device = "cpu", threads = givenThreads() }: PlanFlags,
): Promise<number | undefined> {
  if (device === "auto") return undefined;
  const { probeDevice } = await import("../runtime/probe.js");
  const speed = await probeDevice(device, threads);
  return (convolution / speed.convolution + matrix / speed.matrix) / 1e9 / REACHED;
}
