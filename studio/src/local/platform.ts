/** The studio's platform in a browser: models from beside the page, runs in this worker, sessions in the browser's database. */
/// <reference types="vite/client" />
import engineModule from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import engineWasm from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import { CACHE, fetchFile } from "../../../src/browser/fetch-file.js";
import type { BrowserAbilities, DeviceRequest, PictureRun } from "../../../src/browser/index.js";
import { decodePicture, VqganClip } from "../../../src/browser/index.js";
import { requires } from "../../../src/core/errors.js";
import type { NDArray } from "../../../src/core/ndarray.js";
import { locateEngine } from "../../../src/runtime/own-engine.js";
import type { Platform } from "../../../src/service/platform.js";
import { LoadCount, type Loading } from "./load-count.js";
import { openShelf } from "./shelf.js";
import { ShelfStore } from "./shelf-store.js";

/** Bytes of the engine and of the models' files, by their path in the pair's folder: put in by the build. */
declare const FILE_SIZES: { readonly engine: number; readonly models: Readonly<Record<string, number>> };

/** How such a file begins: "\\0asm". */
const WASM = [0, 0x61, 0x73, 0x6d];

/** What WebAssembly can address is 4 GB; more than half of the device's memory no page gets. */
const MOST_BYTES = 3.5e9;

export interface Opening {
  /** Address of the pair's folder, with a slash at its end. */
  readonly model: string;
  readonly device: DeviceRequest;
}

export interface BrowserPlatform extends Platform {
  readonly store: ShelfStore;
  readonly abilities: BrowserAbilities;
  readonly isKept: boolean;
}

/** @throws IO_FAILED, BAD_MODEL, BAD_FILE when the models are not there */
export async function openInBrowser(
  { model, device }: Opening,
  onLoading: (loading: Loading) => void,
): Promise<BrowserPlatform> {
  const wasm = new URL(engineWasm, location.href).href;
  const models = Object.entries(FILE_SIZES.models).map(([path, bytes]) => [`${model}${path}`, bytes]);
  const count = new LoadCount({ [wasm]: FILE_SIZES.engine, ...Object.fromEntries(models) }, onLoading);
  const { deviceMemory = 8 } = navigator as { deviceMemory?: number }; // GB, known to some browsers
  const abilities = await VqganClip.abilities();
  // Where WebGPU is out of the question, it need not be refused anew in each run's notices.
  const wanted = device === "auto" && abilities.noWebGpu !== undefined ? "wasm" : device;
  const maxMemory = Math.min(MOST_BYTES, deviceMemory * 5e8);
  const [vq, shelf] = await Promise.all([
    VqganClip.fromPretrained({
      model,
      device: wanted,
      maxMemory,
      onProgress: count.heard,
    }),
    openShelf(),
    loadEngine(wasm, count),
  ]);
  const store = new ShelfStore(shelf);
  const runs = wanted === "auto" ? "webgpu" : wanted;
  return {
    vq,
    store,
    abilities,
    isKept: shelf.isKept,
    runsOn: { device: runs, threads: runs === "wasm" ? abilities.threads : undefined },
    save: async (id, run) => store.write(id, "session.vqclip", await (run as PictureRun).save({ picture: false })),
    open: async (id, request) => vq.open((await store.read(id, "session.vqclip")) as Uint8Array, request),
    decode: (bytes, _, options) => decodePicture(new Blob([bytes as Uint8Array<ArrayBuffer>]), options),
    encodePreview,
    availableBytes: () => maxMemory,
    close: () => {},
  };
}

/** The engine's WebAssembly, counted as it comes; the engine itself would fetch it in silence. @throws IO_FAILED when it is not there */
async function loadEngine(address: string, { heard }: LoadCount): Promise<void> {
  const bytes = await fetchFile(address, { onProgress: heard });
  const isWasm = bytes !== undefined && WASM.every((byte, i) => bytes[i] === byte);
  requires(
    isWasm,
    "IO_FAILED",
    () => `${address}: ${bytes ? "it is no WebAssembly" : "no such file"}; the engine is made of it`,
    "put all files of the build on the server, those in assets/ too; this page tries again by itself",
  );
  const module = new URL(engineModule, location.href).href;
  const kept = new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "application/wasm" });
  locateEngine({ module, wasm: URL.createObjectURL(kept) });
  await forgetFormer(address);
}

/** Engines of former builds of this page: their names carry what is in them, and nobody asks for them again. */
async function forgetFormer(address: string): Promise<void> {
  const cache = await caches.open(CACHE);
  const folder = new URL(".", address).href;
  const isFormer = (url: string) => url !== address && url.startsWith(folder) && url.endsWith(".wasm");
  for (const { url } of await cache.keys()) if (isFormer(url)) await cache.delete(url);
}

/** [3,H,W] in 0..1 as WebP, or PNG where the browser writes no other. */
async function encodePreview(picture: NDArray): Promise<Uint8Array> {
  const [, height, width] = picture.shape as [number, number, number];
  const planes = picture.floats();
  const rgba = new Uint8ClampedArray(4 * height * width).fill(255); // clamps and rounds
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < height * width; i++)
      rgba[4 * i + channel] = 255 * (planes[channel * height * width + i] as number);
  }
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d")?.putImageData(new ImageData(rgba, width, height), 0, 0);
  const file = await canvas.convertToBlob({ type: "image/webp", quality: 0.85 });
  return new Uint8Array(await file.arrayBuffer());
}
