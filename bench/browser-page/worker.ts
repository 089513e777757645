/** The bundled pair in a worker: what its steps take there. */
import { expose } from "comlink";
import engineModule from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import engineWasm from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import { type PretrainedOptions, VqganClip } from "../../src/browser/index.js";
import { pairTimes } from "../pair-steps.js";

const address = (path: string) => new URL(path, self.location.href).href;
const engine = { module: address(engineModule), wasm: address(engineWasm) };

const bench = {
  times: (steps: number, options: Pick<PretrainedOptions, "device" | "threads">) =>
    pairTimes(() => VqganClip.fromPretrained({ model: address("/compact/"), engine, ...options }), steps),
};
export type Bench = typeof bench;

expose(bench);
