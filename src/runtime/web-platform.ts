/** The engine in a browser: WebGPU where there is a real one, else WebAssembly, with threads where the page may have them. */
import { VqganClipError } from "../core/errors.js";
import type { Platform } from "./devices.js";

/** What this page can run programs on, and why not more. */
export interface BrowserAbilities {
  /** Threads of a program on wasm. */
  readonly threads: number;
  /** Why it is one thread only; undefined where there may be more. */
  readonly singleThread: string | undefined;
  /** Why "auto" does not take WebGPU; undefined where it tries it first. */
  readonly noWebGpu: string | undefined;
  /** Why WebGPU cannot be had, asked for or not; undefined where there is an adapter, be it in software. */
  readonly lacksWebGpu: string | undefined;
}

/** More threads than this wait for each other more than they help. */
const MOST_THREADS = 8;

/** @param asked threads wanted by the caller */
export async function browserAbilities(asked?: number): Promise<BrowserAbilities> {
  return { ...threading(asked), noWebGpu: await webGpuRefusal(true), lacksWebGpu: await webGpuRefusal(false) };
}

/** What the engine or a browser says where there is no more memory. */
const NO_MEMORY = /bad_alloc|out of memory|\bOOM\b|allocation failed|(could not|failed to) allocate/i;

/** OUT_OF_LIMITS in words, where a reason says that the browser gives no more memory; undefined otherwise. */
export function memoryRefusal(reason: string): VqganClipError | undefined {
  if (!NO_MEMORY.test(reason)) return undefined;
  return new VqganClipError(
    "OUT_OF_LIMITS",
    `memory: the browser gives this page no more (${reason})`,
    "a smaller size, fewer cutouts, or a smaller microBatch needs less; other pages may hold some",
  );
}

/** The platform of `onnxruntime-web`, whose `env` it sets up before the first session. */
export function webPlatform(env: { readonly wasm: { numThreads?: number } }): Platform {
  let isPrepared = false;
  return {
    devices: ["webgpu", "wasm"],
    standard: "auto",
    refusal: async (device, isChoice) => {
      if (device === "wasm") return undefined;
      return device === "webgpu" ? webGpuRefusal(isChoice) : "browsers have webgpu and wasm";
    },
    prepare: ({ threads }) => {
      if (isPrepared) return; // the engine reads it once
      isPrepared = true;
      env.wasm.numThreads = threading(threads).threads;
    },
  };
}

function threading(asked: number | undefined): Pick<BrowserAbilities, "threads" | "singleThread"> {
  if (!globalThis.crossOriginIsolated) {
    const singleThread =
      "the page is not cross-origin isolated (headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp)";
    return { threads: 1, singleThread };
  }
  // Two hardware threads usually share a core, and a core is what the arithmetic needs.
  const hardware = navigator.hardwareConcurrency;
  const cores = hardware > 4 ? Math.ceil(hardware / 2) : hardware;
  return { threads: asked ?? Math.min(MOST_THREADS, cores), singleThread: undefined };
}

/** @param isChoice then a software adapter counts as none: wasm is faster */
async function webGpuRefusal(isChoice: boolean): Promise<string | undefined> {
  const { gpu } = navigator as Partial<Navigator>;
  if (!gpu) return "this browser offers no WebGPU to this page";
  const adapter = await gpu.requestAdapter();
  if (!adapter) return "the browser has WebGPU but finds no graphics adapter";
  if (isChoice && adapter.info.isFallbackAdapter) return "its only adapter is software, slower than wasm";
  return undefined;
}
