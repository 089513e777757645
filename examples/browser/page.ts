/** The page: a form, a canvas and a status line; everything heavy is in the worker. */
import type { BrowserAbilities, DeviceRequest } from "vqgan-clip/browser";
import { inWords } from "./in-words.js";
import type { ToPage, ToWorker } from "./messages.js";

const byId = <Kind extends HTMLElement>(id: string) => document.getElementById(id) as Kind;
const [form, canvas] = [byId<HTMLFormElement>("form"), byId<HTMLCanvasElement>("picture")];
const [stop, save] = [byId<HTMLButtonElement>("stop"), byId<HTMLButtonElement>("save")];
const [status, device, losses, notices] = [byId("status"), byId("device"), byId("losses"), byId("notices")];

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
const tell = (message: ToWorker) => worker.postMessage(message);

let abilities: BrowserAbilities;
let prompts = "";
let steps = 0;
let begun = 0;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const data = new FormData(form);
  const number = (name: string) => (data.get(name) ? Number(data.get(name)) : undefined);
  const [seed, cutouts] = [number("seed"), number("cutouts")];
  const side = number("side") ?? 128;
  prompts = String(data.get("prompts"));
  for (const list of [losses, notices]) list.replaceChildren();
  status.textContent = "Loading the models …";
  running(true);
  tell({
    type: "create",
    device: data.get("device") as DeviceRequest,
    request: {
      prompts,
      size: [side, side],
      steps: number("steps") ?? 100,
      ...(seed !== undefined && { seed }),
      ...(cutouts !== undefined && { cutouts }),
    },
  });
});
stop.addEventListener("click", () => tell({ type: "stop" }));
save.addEventListener("click", () => tell({ type: "save" }));

worker.addEventListener("error", ({ message }) => fail(`the worker failed: ${message}`));
worker.addEventListener("message", ({ data }: MessageEvent<ToPage>) => {
  switch (data.type) {
    case "abilities":
      abilities = data.abilities;
      break;
    case "fetching":
      status.textContent = `Loading ${data.url.split("/").slice(-2).join("/")}: ${megabytes(data.loaded, data.total)}`;
      break;
    case "notice":
      list(notices, inWords(data.notice));
      break;
    case "started":
      ({ steps } = data);
      begun = performance.now();
      device.textContent = whereItRuns(data.device);
      break;
    case "step":
      show(data.picture, data.step);
      list(losses, String(data.loss));
      status.textContent = `Step ${data.step} of ${steps}, loss ${data.loss.toFixed(4)}, ${rate(data.step)} steps a second`;
      break;
    case "ended":
      show(data.picture, data.step);
      status.textContent = `${data.step < steps ? "Stopped" : "Done"} after ${data.step} steps.`;
      running(false);
      save.disabled = false;
      break;
    case "saved":
      download(data.png);
      break;
    case "failed":
      fail(data.message, data.hint);
  }
});

function running(isRunning: boolean): void {
  byId<HTMLButtonElement>("create").disabled = isRunning;
  stop.disabled = !isRunning;
  if (isRunning) save.disabled = true;
}

function show(picture: ImageData, step: number): void {
  if (canvas.width !== picture.width || canvas.height !== picture.height) {
    Object.assign(canvas, { width: picture.width, height: picture.height });
  }
  canvas.getContext("2d")?.putImageData(picture, 0, 0);
  canvas.ariaLabel = `${prompts}, after ${step} steps`;
}

/** Which backend, and why not the faster one. */
function whereItRuns(name: string): string {
  if (name !== "wasm") return `Runs on ${name}.`;
  const { threads, singleThread } = abilities;
  return `Runs on wasm with ${threads} thread${threads === 1 ? `: ${singleThread ?? "there is one core"}` : "s"}.`;
}

function list(parent: HTMLElement, text: string): void {
  const item = document.createElement("li");
  item.textContent = text;
  parent.append(item);
}

function download(png: Uint8Array<ArrayBuffer>): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([png], { type: "image/png" }));
  link.download = `${prompts.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60) || "picture"}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function fail(message: string, hint?: string): void {
  status.textContent = hint ? `${message} (${hint})` : message;
  running(false);
}

const rate = (step: number) => (step / ((performance.now() - begun) / 1000)).toFixed(2);

const megabytes = (loaded: number, total: number | undefined) =>
  `${(loaded / 1e6).toFixed(1)}${total === undefined ? "" : ` of ${(total / 1e6).toFixed(1)}`} MB`;
