/** Program: a graph compiled once by ONNX Runtime and run every step. The only file that imports the runtime. */
import { env, InferenceSession, Tensor as OrtTensor } from "#onnxruntime";
import { allocate, type DType } from "../core/dtype.js";
import { requires, VqganClipError } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { sameShape } from "../core/shape.js";
import type { Tensor, TensorType } from "../graph/tensor.js";
import { serialize } from "../onnx/serialize.js";
import {
  candidates,
  type Device,
  type DeviceRequest,
  nodePlatform,
  type SessionSettings,
  sessionOptions,
} from "./devices.js";
import { webPlatform } from "./web-platform.js";

// A refused device is reported by us, once and in words; the runtime's own log would repeat it on stderr.
env.logLevel = "fatal";

const platform = env.versions.web === undefined ? nodePlatform : webPlatform(env);

export interface CompileOptions extends SessionSettings {
  /**
   * Where to run (default "cpu"; in browsers "auto"). "auto" takes the first that works of cuda, webgpu, cpu, in
   * browsers of webgpu, wasm, and says why others did not.
   */
  readonly device?: DeviceRequest;
}

/** Addresses of the engine's own two files in a browser, of the same version as the engine. */
export interface EngineFiles {
  /** `ort-wasm-simd-threaded.asyncify.mjs` */
  readonly module: string;
  /** `ort-wasm-simd-threaded.asyncify.wasm` */
  readonly wasm: string;
}

/** Browsers only, before the first program: where the engine is, if not where it would look by itself. */
export function locateEngine({ module, wasm }: EngineFiles): void {
  env.wasm.wasmPaths = { mjs: module, wasm };
}

/** What of larger options concerns compiling. */
export function compileOptionsOf({ device, threads, lowMemory }: CompileOptions): CompileOptions {
  return {
    ...(device !== undefined && { device }),
    ...(threads !== undefined && { threads }),
    ...(lowMemory !== undefined && { lowMemory }),
  };
}

export type Feeds = Readonly<Record<string, NDArray>>;

/** A device that was asked for and would not run, with the runtime's own words. */
export interface RefusedDevice {
  readonly device: Device;
  readonly reason: string;
}

/**
 * Compiles the graph of `outputs`.
 *
 * @throws DEVICE_UNAVAILABLE when no requested device runs the whole program
 */
export async function compile<Name extends string>(
  outputs: Readonly<Record<Name, Tensor>>,
  { device = platform.standard, ...settings }: CompileOptions = {},
): Promise<Program<Name>> {
  const model = serialize(outputs);
  const refused: RefusedDevice[] = [];
  const tried = candidates(device, platform);
  platform.prepare(settings);
  for (const candidate of tried) {
    const reason = await platform.refusal(candidate, tried.length > 1);
    if (reason !== undefined) {
      refused.push({ device: candidate, reason });
      continue;
    }
    try {
      const options = sessionOptions(candidate, settings, model.externalFolder);
      const session = await InferenceSession.create(model.bytes, options);
      return new Program<Name>(session, candidate, refused, model.inputs, outputs);
    } catch (error) {
      refused.push({ device: candidate, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  throw new VqganClipError(
    "DEVICE_UNAVAILABLE",
    `compile(): no device runs this program (${refused.map((r) => `${r.device}: ${r.reason}`).join("; ")})`,
    env.versions.web === undefined
      ? 'use device "cpu", or run `vqgan-clip doctor` for what each device lacks'
      : 'use device "wasm", or "auto" for the first that works',
  );
}

export class Program<Name extends string = string> {
  constructor(
    private readonly session: InferenceSession,
    /** The device that runs it. */
    readonly device: Device,
    /** Devices tried before it, and why each would not. */
    readonly refused: readonly RefusedDevice[],
    private readonly inputs: ReadonlyMap<string, TensorType>,
    private readonly outputs: Readonly<Record<Name, TensorType>>,
  ) {}

  /**
   * One execution. Blocks the JavaScript thread on native devices; results are copies that the caller owns.
   *
   * @throws BAD_ARGUMENT / SHAPE_MISMATCH when feeds and inputs differ, naming the input, wanted and got
   */
  async run(feeds: Feeds): Promise<Record<Name, NDArray>> {
    const results = await this.session.run(this.checked(feeds));
    const arrays = Object.entries<TensorType>(this.outputs).map(([name, { dtype, shape }]) => {
      const data = (results[name] as OrtTensor).data;
      const copy = allocate(dtype, data.length);
      (copy as Float32Array).set(data as Float32Array);
      (results[name] as OrtTensor).dispose();
      return [name, new NDArray(dtype, shape, copy)];
    });
    return Object.fromEntries(arrays) as Record<Name, NDArray>;
  }

  /** Whether the graph has an input of this name; an input that no output depends on is none. */
  reads(name: string): boolean {
    return this.inputs.has(name);
  }

  /** Frees the session's memory; the program cannot run any more. */
  async dispose(): Promise<void> {
    await this.session.release();
  }

  private checked(feeds: Feeds): Record<string, OrtTensor> {
    const surplus = Object.keys(feeds).find((name) => !this.inputs.has(name));
    requires(
      !surplus,
      "BAD_ARGUMENT",
      () => `run(): no input is named "${surplus}", known: ${[...this.inputs.keys()].join(", ")}`,
    );
    const checked: Record<string, OrtTensor> = {};
    for (const [name, wanted] of this.inputs) {
      const array = feeds[name];
      requires(array, "BAD_ARGUMENT", () => `run(): input "${name}" is missing`);
      requires(
        array.dtype === wanted.dtype && sameShape(array.shape, wanted.shape),
        "SHAPE_MISMATCH",
        () => `run(): input "${name}" wants ${wanted.dtype}[${wanted.shape}], got ${array}`,
      );
      checked[name] = new OrtTensor(array.dtype as Exclude<DType, "float16">, array.data as Float32Array, array.shape);
    }
    return checked;
  }
}
