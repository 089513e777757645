/** The engine in this process, or on this page: ONNX Runtime. The only file that imports it. */
import { env, InferenceSession, Tensor as OrtTensor } from "#onnxruntime";
import { allocate, type DType } from "../core/dtype.js";
import { VqganClipError } from "../core/errors.js";
import { requireKnown } from "../core/known-names.js";
import { NDArray } from "../core/ndarray.js";
import type { TensorType } from "../graph/tensor.js";
import { candidates, type Device, nodePlatform, sessionOptions } from "./devices.js";
import type { Engine, Feeds, OpenSession, RefusedDevice, Session, SessionRequest } from "./engine.js";
import { memoryRefusal, webPlatform } from "./web-platform.js";

// A refused device is reported by us, once and in words; the runtime's own log would repeat it on stderr.
env.logLevel = "fatal";

const isNode = env.versions.web === undefined;

const platform = isNode ? nodePlatform : webPlatform(env);

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

/** Its runs block the JavaScript thread on native devices. */
export const ownEngine: Engine = {
  last: platform.devices.at(-1) as Device,
  async open({ modelFor, outputs, device = platform.standard, settings }: SessionRequest): Promise<OpenSession> {
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
        const { bytes, externalFolder } = modelFor(candidate);
        const session = await InferenceSession.create(bytes, sessionOptions(candidate, settings, externalFolder));
        return { session: new OwnSession(session, outputs), device: candidate, refused };
      } catch (error) {
        refused.push({ device: candidate, reason: error instanceof Error ? error.message : String(error) });
      }
    }
    const starved = isNode ? undefined : memoryRefusal(refused.at(-1)?.reason ?? "");
    if (starved) throw starved;
    throw new VqganClipError(
      "DEVICE_UNAVAILABLE",
      `compile(): no device runs this program (${refused.map((r) => `${r.device}: ${r.reason}`).join("; ")})`,
      isNode
        ? 'use device "cpu", or run `vqgan-clip doctor` for what each device lacks'
        : 'use device "wasm", or "auto" for the first that works',
    );
  },
};

class OwnSession implements Session {
  constructor(
    private readonly session: InferenceSession,
    private readonly outputs: Readonly<Record<string, TensorType>>,
  ) {}

  async run(feeds: Feeds): Promise<Record<string, NDArray>> {
    const given: Record<string, OrtTensor> = {};
    for (const [name, { dtype, data, shape }] of Object.entries(feeds)) {
      given[name] = new OrtTensor(dtype as Exclude<DType, "float16">, data as Float32Array, shape);
    }
    const results = await this.session.run(given).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw (isNode ? undefined : memoryRefusal(reason)) ?? error;
    });
    const arrays: Record<string, NDArray> = {};
    for (const [name, { dtype, shape }] of Object.entries(this.outputs)) {
      const result = results[name] as OrtTensor;
      const copy = allocate(dtype, result.data.length);
      (copy as Float32Array).set(result.data as Float32Array);
      result.dispose();
      arrays[name] = new NDArray(dtype, shape, copy);
    }
    return arrays;
  }

  release(): Promise<void> {
    return this.session.release();
  }
}
