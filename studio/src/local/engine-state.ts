/** What the page knows of the engine in its worker. */
import { create } from "zustand";
import type { BrowserAbilities, DeviceRequest } from "../../../src/browser/index.js";
import type { Loading } from "./load-count.js";

const KEY = "vqgan-clip-studio-device";
export const deviceChoices = ["auto", "webgpu", "wasm"] as const satisfies readonly DeviceRequest[];
export type DeviceChoice = (typeof deviceChoices)[number];

export interface EngineState {
  /** Undefined before the first byte and when everything is there. */
  readonly loading: Loading | undefined;
  readonly stage: "waiting" | "loading" | "ready" | "failed";
  readonly abilities: BrowserAbilities | undefined;
  readonly device: DeviceChoice;
}

export const useEngine = create<EngineState>(() => ({
  loading: undefined,
  stage: "loading",
  abilities: undefined,
  device: deviceChoices.find((device) => device === localStorage.getItem(KEY)) ?? "auto",
}));

export function rememberDevice(device: DeviceChoice): void {
  localStorage.setItem(KEY, device);
  useEngine.setState({ device });
}
