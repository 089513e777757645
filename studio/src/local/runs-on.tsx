/** Where pictures are made: processor or graphics card, and why not faster. */
import { ServiceError, service } from "../api/client.js";
import { set, useStudio } from "../state/store.js";
import { type DeviceChoice, useEngine } from "./engine-state.js";
import { runOn } from "./in-browser.js";

const names = { webgpu: "WebGPU", wasm: "WebAssembly" } as const;

async function choose(device: DeviceChoice): Promise<void> {
  try {
    await runOn(device);
    set({ info: await service.info(), problem: undefined });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    set({ problem: error.problem });
  }
}

export function RunsOn() {
  const { abilities, device, stage } = useEngine();
  const info = useStudio((state) => state.info);
  if (!abilities) return null;
  const { noWebGpu, lacksWebGpu, singleThread, threads } = abilities;
  const runs = names[(info?.device ?? "wasm") as keyof typeof names];
  const ofThreads = threads === 1 ? "1 thread" : `${threads} threads`;
  return (
    <details className="fold">
      <summary>
        Engine <span className="count">{info?.device === "wasm" ? `${runs}, ${ofThreads}` : runs}</span>
      </summary>
      <div className="fields">
        <div className="field">
          <label htmlFor="device">Runs on</label>
          <select
            id="device"
            value={device}
            disabled={stage !== "ready"}
            onChange={(event) => void choose(event.target.value as DeviceChoice)}
          >
            <option value="auto">the fastest here: {noWebGpu === undefined ? names.webgpu : names.wasm}</option>
            <option value="webgpu" disabled={lacksWebGpu !== undefined}>
              WebGPU, the graphics card
            </option>
            <option value="wasm">WebAssembly, the processor</option>
          </select>
          {noWebGpu !== undefined && <p className="hint">WebGPU is not taken by itself: {noWebGpu}.</p>}
          {singleThread !== undefined && <p className="hint">WebAssembly has one thread: {singleThread}.</p>}
          <p className="hint">What runs goes on where you choose.</p>
        </div>
      </div>
    </details>
  );
}
