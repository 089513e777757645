/** Program: a graph compiled once by ONNX Runtime and run every step. The only file that imports the runtime. */
import { env, InferenceSession, Tensor as OrtTensor } from "#onnxruntime";
import { sha256Of } from "../core/bytes.js";
import { allocate, type DType } from "../core/dtype.js";
import { requires, VqganClipError } from "../core/errors.js";
import { requireKnown } from "../core/known-names.js";
import { NDArray } from "../core/ndarray.js";
import { sameShape } from "../core/shape.js";
import type { Tensor, TensorType } from "../graph/tensor.js";
import { type OnnxModel, serialize } from "../onnx/serialize.js";
import {
  candidates,
  type Device,
  type DeviceRequest,
  nodePlatform,
  type SessionSettings,
  sessionOptions,
} from "./devices.js";
import { type Lease, Shared } from "./shared.js";
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
  /** Programs of the same graph and settings that share one session. */
  readonly sessions?: Sessions | undefined;
}

/** A session of the runtime and how its device was chosen. */
interface OpenSession {
  readonly session: InferenceSession;
  readonly device: Device;
  readonly refused: readonly RefusedDevice[];
}

/** The sessions of programs that share them. */
export class Sessions extends Shared<OpenSession> {
  constructor() {
    super(({ session }) => session.release());
  }
}

/** Addresses of the engine's own two files in a browser, of the same version as the engine. */
export interface EngineFiles {
  /** `ort-wasm-simd-threaded.asyncify.mjs` */
  readonly module: string;
  /** `ort-wasm-simd-threaded.asyncify.wasm` */
  readonly wasm: string;
}

/** Browsers only, before the first program: where the engine is, if not where it would look by itself. */
export function locateEngine(files: EngineFiles): void {
  requireKnown("engine", files, { module: true, wasm: true });
  const { module, wasm } = files;
  env.wasm.wasmPaths = { mjs: module, wasm };
}

/** What of larger options concerns compiling. */
export function compileOptionsOf({ device, threads, lowMemory, sessions }: CompileOptions): CompileOptions {
  return {
    ...(device !== undefined && { device }),
    ...(threads !== undefined && { threads }),
    ...(lowMemory !== undefined && { lowMemory }),
    ...(sessions !== undefined && { sessions }),
  };
}

export type Feeds = Readonly<Record<string, NDArray>>;

/** A device that was asked for and would not run, with the runtime's own words. */
export interface RefusedDevice {
  readonly device: Device;
  readonly reason: string;
}

/**
 * Compiles the graph of `outputs`, or takes the session of an equal one from `sessions`: equal are programs of the same
 * bytes, so whatever a graph is made of tells it from others.
 *
 * @throws DEVICE_UNAVAILABLE when no requested device runs the whole program
 */
export async function compile<Name extends string>(
  outputs: Readonly<Record<Name, Tensor>>,
  { device = platform.standard, sessions, ...settings }: CompileOptions = {},
): Promise<Program<Name>> {
  const model = serialize(outputs);
  const open = () => openSession(model, device, settings);
  const known = async () => JSON.stringify([await sha256Of(model.bytes), model.externalFolder, device, settings]);
  const lease = sessions
    ? await sessions.take(await known(), Object.keys(outputs).join(), open)
    : await new Sessions().take("its own", "", open);
  return new Program<Name>(lease, model.inputs, outputs);
}

async function openSession(model: OnnxModel, device: DeviceRequest, settings: SessionSettings): Promise<OpenSession> {
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
      return { session: await InferenceSession.create(model.bytes, options), device: candidate, refused };
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
    private readonly lease: Lease<OpenSession>,
    private readonly inputs: ReadonlyMap<string, TensorType>,
    private readonly outputs: Readonly<Record<Name, TensorType>>,
  ) {}

  /** The device that runs it. */
  get device(): Device {
    return this.lease.value.device;
  }

  /** Devices tried before it, and why each would not. */
  get refused(): readonly RefusedDevice[] {
    return this.lease.value.refused;
  }

  /**
   * One execution. Blocks the JavaScript thread on native devices; results are copies that the caller owns.
   *
   * @throws BAD_ARGUMENT / SHAPE_MISMATCH when feeds and inputs differ, naming the input, wanted and got
   */
  async run(feeds: Feeds): Promise<Record<Name, NDArray>> {
    const results = await this.lease.value.session.run(this.checked(feeds));
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

  /** Gives the session up, whose memory is freed with its last program; this one must not run any more. */
  async dispose(): Promise<void> {
    await this.lease.release();
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
