/** Program: a graph compiled once by the engine and run every step. */
import { sha256Of } from "../core/bytes.js";
import { requires } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { sameShape } from "../core/shape.js";
import type { Tensor, TensorType } from "../graph/tensor.js";
import type { OnnxModel } from "../onnx/serialize.js";
import type { Device, DeviceRequest, SessionSettings } from "./devices.js";
import type { Engine, Feeds, OpenSession, RefusedDevice } from "./engine.js";
import { type Lease, Shared } from "./shared.js";
import { withWinograd } from "./winograd.js";

export interface CompileOptions extends SessionSettings {
  /**
   * Where to run (default "cpu"; in browsers "auto"). "auto" takes the first that works of cuda, webgpu, cpu, in
   * browsers of webgpu, wasm, and says why others did not.
   */
  readonly device?: DeviceRequest;
  /** Programs of the same graph and settings that share one session. */
  readonly sessions?: Sessions | undefined;
}

/** The sessions of programs that share them. */
export class Sessions extends Shared<OpenSession> {
  /** @param engine default: the one in this process */
  constructor(readonly engine?: Engine) {
    super(({ session }) => session.release());
  }
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

/**
 * Compiles the graph of the outputs that are wanted, or takes the session of an equal one from `sessions`: equal are programs of the same
 * bytes, so whatever a graph is made of tells it from others.
 *
 * @throws DEVICE_UNAVAILABLE when no requested device runs the whole program
 */
export async function compile<Name extends string>(
  wanted: { readonly [Output in Name]?: Tensor },
  { device, sessions, ...settings }: CompileOptions = {},
): Promise<Program<Name>> {
  const outputs = wanted as Readonly<Record<Name, Tensor>>;
  await new Promise((turn) => setTimeout(turn)); // building a graph took its time: others first
  const { serialize } = await import("../onnx/serialize.js"); // what only a program needs is loaded with the first
  const { lowMemory = false } = settings;
  const models = new Map<Device, OnnxModel>();
  const modelFor = (device: Device): OnnxModel => {
    const model = models.get(device) ?? serialize(asRun(outputs, device, settings), { weightsAtUse: lowMemory });
    models.set(device, model);
    return model;
  };
  const shared = sessions ?? new Sessions();
  const engine = shared.engine ?? (await import("./own-engine.js")).ownEngine;
  // What the engine is the likeliest to ask for: it is made once.
  const { bytes, externalFolder, inputs } = modelFor(device === undefined || device === "auto" ? engine.last : device);
  const types = Object.fromEntries(
    Object.entries<TensorType>(outputs).map(([name, { dtype, shape }]) => [name, { dtype, shape }]),
  ) as Record<Name, TensorType>;
  const key = sessions ? JSON.stringify([await sha256Of(bytes), externalFolder, device, settings]) : "its own";
  const kind = sessions ? Object.keys(outputs).join() : "";
  const open = () => engine.open({ modelFor, outputs: types, device, settings });
  return new Program<Name>(await shared.take(key, kind, open), inputs);
}

/** The graph in the operators that `device` is fastest with; with `lowMemory` as it is. */
export function asRun<Name extends string>(
  outputs: Readonly<Record<Name, Tensor>>,
  device: Device,
  { lowMemory = false }: Pick<SessionSettings, "lowMemory">,
): Readonly<Record<Name, Tensor>> {
  return (device === "cpu" || device === "wasm") && !lowMemory ? withWinograd(outputs, device) : outputs;
}

export class Program<Name extends string = string> {
  constructor(
    private readonly lease: Lease<OpenSession>,
    private readonly inputs: ReadonlyMap<string, TensorType>,
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
   * One execution. Blocks the JavaScript thread on native devices, unless the engine is in another process; results are
   * copies that the caller owns.
   *
   * @throws BAD_ARGUMENT / SHAPE_MISMATCH when feeds and inputs differ, naming the input, wanted and got
   */
  async run(feeds: Feeds): Promise<Record<Name, NDArray>> {
    this.check(feeds);
    return (await this.lease.value.session.run(feeds)) as Record<Name, NDArray>;
  }

  /** Whether the graph has an input of this name; an input that no output depends on is none. */
  reads(name: string): boolean {
    return this.inputs.has(name);
  }

  /** Gives the session up, whose memory is freed with its last program; this one must not run any more. */
  async dispose(): Promise<void> {
    await this.lease.release();
  }

  private check(feeds: Feeds): void {
    const surplus = Object.keys(feeds).find((name) => !this.inputs.has(name));
    requires(
      !surplus,
      "BAD_ARGUMENT",
      () => `run(): no input is named "${surplus}", known: ${[...this.inputs.keys()].join(", ")}`,
    );
    for (const [name, wanted] of this.inputs) {
      const array = feeds[name];
      requires(array, "BAD_ARGUMENT", () => `run(): input "${name}" is missing`);
      requires(
        array.dtype === wanted.dtype && sameShape(array.shape, wanted.shape),
        "SHAPE_MISMATCH",
        () => `run(): input "${name}" wants ${wanted.dtype}[${wanted.shape}], got ${array}`,
      );
    }
  }
}
