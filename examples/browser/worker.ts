/** Makes the pictures, apart from the page: a step on wasm blocks its thread. */
/// <reference types="vite/client" />
import engineModule from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import engineWasm from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import { type DeviceRequest, type NDArray, type PictureRun, VqganClip, VqganClipError } from "vqgan-clip/browser";
import type { ToPage, ToWorker } from "./messages.js";

const model = new URL(`${import.meta.env.BASE_URL}compact/`, new URL("..", location.href));
const engine = { module: new URL(engineModule, location.href).href, wasm: new URL(engineWasm, location.href).href };
const pairs = new Map<DeviceRequest, Promise<VqganClip>>();
let run: PictureRun | undefined;
let isStopped = false;

/** Which orders are under way: one after the other, but for "stop". */
let queue: Promise<void> = VqganClip.abilities().then((abilities) => say({ type: "abilities", abilities }));

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if (data.type !== "save") isStopped = data.type === "stop";
  if (data.type === "stop") return;
  queue = queue.then(() => (data.type === "create" ? create(data) : save())).catch(complain);
});

async function create({ request, device }: ToWorker & { type: "create" }): Promise<void> {
  await run?.dispose();
  run = undefined;
  const made = (await pairOn(device)).create(request);
  say({ type: "started", device: await made.device(), steps: made.settings.steps });
  run = made;
  for await (const { step, losses, image } of made) {
    const picture = pixels(image);
    say({ type: "step", step, loss: losses.total, picture }, [picture.data.buffer]);
    await messages(); // or "stop" would wait for the last step
    if (isStopped) break;
  }
  const picture = pixels(await made.render());
  say({ type: "ended", step: (await made.state()).step, picture }, [picture.data.buffer]);
}

async function save(): Promise<void> {
  const png = (await run?.toPNG()) as Uint8Array<ArrayBuffer> | undefined;
  if (png) say({ type: "saved", png }, [png.buffer]);
}

function pairOn(device: DeviceRequest): Promise<VqganClip> {
  const known = pairs.get(device);
  if (known) return known;
  const pair = VqganClip.fromPretrained({
    model,
    engine,
    device,
    onProgress: (progress) => say({ type: "fetching", ...progress }),
    onNotice: (notice) => say({ type: "notice", notice }),
  });
  pairs.set(device, pair);
  pair.catch(() => pairs.delete(device)); // another try may find the server again
  return pair;
}

/** [3,H,W] in 0..1 as the canvas takes it. */
function pixels(image: NDArray): ImageData {
  const [, height, width] = image.shape as [number, number, number];
  const planes = image.floats();
  const rgba = new Uint8ClampedArray(4 * height * width).fill(255); // clamps and rounds
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < height * width; i++) rgba[4 * i + channel] = 255 * planes[channel * height * width + i]!;
  }
  return new ImageData(rgba, width, height);
}

/** Lets messages in that came meanwhile. */
const messages = () => new Promise((resume) => setTimeout(resume));

function say(message: ToPage, transfer: Transferable[] = []): void {
  postMessage(message, { transfer });
}

function complain(error: unknown): void {
  const { message } = error instanceof Error ? error : new Error(String(error));
  say({ type: "failed", message, hint: error instanceof VqganClipError ? error.hint : undefined });
}
