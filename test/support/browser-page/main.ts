/// <reference types="vite/client" />
/** A page for tests to call into: the package's browser face with generators of no weights, and exported files by the engine alone. */

import engineModule from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import engineWasm from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import { env, InferenceSession, Tensor } from "onnxruntime-web/webgpu";
import { type CreateRequest, VqganClip } from "../../../src/browser/index.js";
import { parseSafetensors } from "../../../src/weights/safetensors.js";

const engine = {
  module: new URL(engineModule, location.href).href,
  wasm: new URL(engineWasm, location.href).href,
};

async function bytesAt(path: string): Promise<Uint8Array> {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

const page = {
  /** A run to its end on wasm: its losses, and its picture as curves. */
  async drawn(generator: string, clip: string, request: CreateRequest) {
    const vq = await VqganClip.fromPretrained({ generator, clip, engine, device: "wasm", threads: 1 });
    await using run = vq.create(request);
    const losses: number[] = [];
    for await (const event of run) losses.push(event.losses.total);
    return { losses, svg: await run.toSVG() };
  },

  /** `export`'s step as another program would run it: its gradient of the latent. */
  async stepped(folder: string): Promise<number[]> {
    env.wasm.wasmPaths = { mjs: engine.module, wasm: engine.wasm };
    env.wasm.numThreads = 1;
    const session = await InferenceSession.create(await bytesAt(`${folder}/step.onnx`), {
      executionProviders: ["wasm"],
      externalData: [{ path: "step.onnx.data", data: await bytesAt(`${folder}/step.onnx.data`) }],
    });
    const inputs = parseSafetensors(await bytesAt(`${folder}/step.safetensors`), "step.safetensors");
    const feeds: Record<string, Tensor> = {};
    for (const name of session.inputNames) {
      const { dtype, data, shape } = await inputs.read(name);
      feeds[name] = new Tensor(dtype as "float32", data as Float32Array, shape);
    }
    const { gradient } = await session.run(feeds);
    return Array.from(gradient?.data as Float32Array);
  },
};

export type BrowserPage = typeof page;

Object.assign(globalThis, { page });
