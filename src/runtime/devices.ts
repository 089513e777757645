/** Devices a program can run on, and the honest choice among them: never a silent fallback. */

import type { InferenceSession } from "#onnxruntime";
import { LARGE } from "../graph/fixed.js";

/** What a program can be asked to run on, on Node. Browsers have `webgpu` and `wasm`. */
export const devices = ["cpu", "webgpu", "cuda"] as const;
/** Where a program runs. */
export type Device = (typeof devices)[number] | "wasm";
/** A device, or `auto`: the fastest that works. */
export type DeviceRequest = Device | "auto";

/** Where the engine runs: which devices it has there, and what must be so before one of them is tried. */
export interface Platform {
  /** Best first: the order in which "auto" tries them. */
  readonly devices: readonly Device[];
  /** What is asked for when nobody says. */
  readonly standard: DeviceRequest;
  /** Why `device` need not even be tried; `isChoice` when it is one of several that would do. */
  refusal(device: Device, isChoice: boolean): Promise<string | undefined>;
  /** Called before a session is made. */
  prepare(settings: SessionSettings): void;
}

const telemetryIsOn =
  "a worker thread cannot switch the engine's telemetry off: import vqgan-clip in the main thread before the worker is made, start Node with ORT_DISABLE_TELEMETRY=1, or open the models with isolate: true";

export const nodePlatform: Platform = {
  devices: ["cuda", "webgpu", "cpu"],
  standard: "cpu",
  refusal: async (device) => {
    if (device === "wasm") return "Node runs programs natively: use cpu";
    return process.env.ORT_DISABLE_TELEMETRY === "1" ? undefined : telemetryIsOn; // native/index.js sets it
  },
  prepare: () => {},
};

/** Which devices to try, best first. */
export function candidates(request: DeviceRequest, platform: Platform): readonly Device[] {
  return request === "auto" ? platform.devices : [request];
}

export interface SessionSettings {
  /** CPU threads; default the physical cores, here without regard to what the process may use of them. In browsers those of the first program serve all. */
  readonly threads?: number;
  /** Leave weights in their files, convert them where they are used, and give memory back after every value: less of it, slower; the same numbers but for the rounding of sums (default false). */
  readonly lowMemory?: boolean;
}

/**
 * How much a graph is changed before it runs. "all" adds the CPU's own blocked layout of convolutions: faster, for an eighth more memory.
 * WebAssembly is no faster with "extended", and takes a seventh longer to begin.
 */
function optimizationLevel(device: Device, lowMemory: boolean): "basic" | "extended" | "all" {
  if (device === "wasm") return "basic";
  return device === "cpu" && !lowMemory ? "all" : "extended";
}

/**
 * ONNX Runtime options. On a GPU, falling back to the CPU for single ops is switched off: a program runs there whole or
 * not at all. (CUDA keeps it on for Asin, a handful of numbers.)
 */
export function sessionOptions(
  device: Device,
  { threads, lowMemory = false }: SessionSettings,
  externalFolder: string | undefined,
): InferenceSession.SessionOptions {
  const session: Record<string, string> = {};
  const optimization: Record<string, string> = {};
  if (externalFolder) session.model_external_initializers_file_folder_path = externalFolder;
  if (lowMemory) {
    session.disable_prepacking = "1";
    // Weights stay as their file has them, mapped into memory; their users calculate from them what they need, each for itself (see serialize).
    optimization.constant_folding_max_output_size_in_bytes = String(LARGE);
    optimization.disable_specified_optimizers = "CommonSubexpressionElimination";
  }
  // Threads that wait for work by spinning would take the cores from the program that is run next (the judge, a prior).
  if (device === "cpu") session["intra_op.allow_spinning"] = "0";
  if (device === "webgpu") session.disable_cpu_ep_fallback = "1";
  return {
    executionProviders: [device],
    graphOptimizationLevel: optimizationLevel(device, lowMemory),
    enableMemPattern: false,
    ...(lowMemory && { enableCpuMemArena: false }),
    logSeverityLevel: 3,
    ...(threads !== undefined && device !== "wasm" && { intraOpNumThreads: threads }),
    extra: { session, optimization },
  };
}
