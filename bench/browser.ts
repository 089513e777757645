/**
 * The bundled pair's step in a browser beside Node's on the same machine: WebAssembly with one thread and with all, in one run.
 *
 *     npm run bench:browser -- --steps 20     needs Chromium (CHROMIUM names another one)
 */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { build } from "vite";
import { VqganClip } from "../src/index.js";
import { bundledModel } from "../src/vqgan-clip.js";
import { serveStatic } from "../test/support/static-server.js";
import { type PairTimes, pairTimes } from "./pair-steps.js";

const { values } = parseArgs({
  options: {
    steps: { type: "string", default: "20" },
    threads: { type: "string", default: String(availableParallelism()) },
    webgpu: { type: "boolean", default: false },
  },
});
const steps = Number(values.steps);
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const folder = await mkdtemp(join(tmpdir(), "bench-browser-"));
await build({
  root: fileURLToPath(new URL("./browser-page", import.meta.url)),
  logLevel: "error",
  worker: { format: "es" },
  build: { outDir: folder, emptyOutDir: true },
});
const server = await serveStatic({ "/": folder, "/compact/": bundledModel });
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--enable-unsafe-webgpu"] });

async function inBrowser(device: "wasm" | "webgpu", threads: number): Promise<PairTimes> {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.goto(server.address);
  try {
    return await page.evaluate(([count, device, threads]) => window.bench.times(count, { device, threads }), [
      steps,
      device,
      threads,
    ] as const);
  } finally {
    await page.close();
  }
}

const onNode = (threads: number) => pairTimes(() => VqganClip.fromPretrained({ threads }), steps);
const rows: [name: string, times: PairTimes, node: PairTimes][] = [];
const all = Number(values.threads);
for (const threads of [...new Set([1, all])]) {
  const words = threads === 1 ? "1 thread" : `${threads} threads`;
  const node = await onNode(threads);
  rows.push([`Node, ${words}`, node, node], [`wasm, ${words}`, await inBrowser("wasm", threads), node]);
  if (values.webgpu && threads === all) rows.push(["WebGPU", await inBrowser("webgpu", threads), node]);
}
const version = browser.version();
await browser.close();
await server.close();
await rm(folder, { recursive: true });

const time = (seconds: number) => (seconds < 1 ? `${(1000 * seconds).toFixed(0)} ms` : `${seconds.toFixed(1)} s`);
console.log(`${cpus()[0]?.model.trim()}, Node ${process.version}, Chromium ${version}; the server is this machine\n`);
console.log("| | loading | first step | a step | the prior | one of 4 cutouts | the drawing | times Node's step |");
console.log("| --- | --- | --- | --- | --- | --- | --- | --- |");
for (const [name, { load, first, step, prior, cutout, rest }, node] of rows) {
  const figures = [load, first, step, prior, cutout, rest].map(time);
  console.log(`| ${name} | ${figures.join(" | ")} | ${(step / node.step).toFixed(1)} |`);
}
if (!values.webgpu) console.log("\nNot measured: WebGPU (--webgpu where there is an adapter).");
