/** What runs programs: sessions of ONNX models, in this process (`own-engine.ts`) or in another one (`src/engine/`). */
import type { NDArray } from "../core/ndarray.js";
import type { TensorType } from "../graph/tensor.js";
import type { OnnxModel } from "../onnx/serialize.js";
import type { Device, DeviceRequest, SessionSettings } from "./devices.js";

export type Feeds = Readonly<Record<string, NDArray>>;

/** A device that was asked for and would not run, with the runtime's own words. */
export interface RefusedDevice {
  readonly device: Device;
  readonly reason: string;
}

/** What a session is made of. */
export type ProgramModel = Pick<OnnxModel, "bytes" | "externalFolder">;

export interface SessionRequest {
  /** The program in the operators that `device` is fastest with. */
  modelFor(device: Device): ProgramModel;
  readonly outputs: Readonly<Record<string, TensorType>>;
  /** undefined: what the platform runs on unless told otherwise */
  readonly device: DeviceRequest | undefined;
  readonly settings: SessionSettings;
}

export interface Session {
  /** One execution. `feeds` are what the model's inputs want; results are copies that the caller owns. */
  run(feeds: Feeds): Promise<Record<string, NDArray>>;
  release(): Promise<void>;
}

/** A session and how its device was chosen. */
export interface OpenSession {
  readonly session: Session;
  readonly device: Device;
  readonly refused: readonly RefusedDevice[];
}

export interface Engine {
  /** What runs a program where nothing else is named or works. */
  readonly last: Device;
  /** @throws DEVICE_UNAVAILABLE when no requested device runs the whole model */
  open(request: SessionRequest): Promise<OpenSession>;
}
