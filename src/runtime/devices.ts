/** Devices a program can run on, and the honest choice among them: never a silent fallback. */
import type { InferenceSession } from "onnxruntime-common";

export const devices = ["cpu", "webgpu", "cuda"] as const;
export type Device = (typeof devices)[number];
export type DeviceRequest = Device | "auto";

/** Which devices to try, best first. */
export function candidates(request: DeviceRequest): readonly Device[] {
  return request === "auto" ? ["cuda", "webgpu", "cpu"] : [request];
}

export interface SessionSettings {
  /** CPU threads; default the physical cores. */
  readonly threads?: number;
  /** Keep weights unpacked: less memory, slower (default false). */
  readonly lowMemory?: boolean;
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
  if (externalFolder) session.model_external_initializers_file_folder_path = externalFolder;
  if (lowMemory) session.disable_prepacking = "1";
  if (device === "webgpu") session.disable_cpu_ep_fallback = "1";
  return {
    executionProviders: [device],
    graphOptimizationLevel: "extended",
    enableMemPattern: false,
    logSeverityLevel: 3,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    extra: { session },
  };
}
