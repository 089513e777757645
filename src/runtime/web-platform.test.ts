import { afterEach, expect, test, vi } from "vitest";
import { browserAbilities, memoryRefusal, webPlatform } from "./web-platform.js";

afterEach(() => vi.unstubAllGlobals());

/** A browser with so many hardware threads and, perhaps, a graphics adapter. */
function browser({
  isolated = true,
  hardware = 8,
  adapter,
}: {
  isolated?: boolean;
  hardware?: number;
  adapter?: unknown;
}) {
  const gpu = adapter === undefined ? undefined : { requestAdapter: async () => adapter };
  vi.stubGlobal("crossOriginIsolated", isolated);
  vi.stubGlobal("navigator", { hardwareConcurrency: hardware, gpu });
}

test.each([
  [1, 1],
  [2, 2],
  [4, 4],
  [8, 4],
  [12, 6],
  [64, 8],
])("%i hardware threads give %i threads", async (hardware, threads) => {
  browser({ hardware });
  expect(await browserAbilities()).toMatchObject({ threads, singleThread: undefined });
});

test("threads are those asked for, but one without isolation, and why", async () => {
  browser({});
  expect(await browserAbilities(3)).toMatchObject({ threads: 3 });
  browser({ isolated: false });
  expect(await browserAbilities(3)).toMatchObject({
    threads: 1,
    singleThread: expect.stringMatching(/isolated.*COEP|Embedder/),
  });
});

test("the first program's threads hold for all", () => {
  browser({});
  const env = { wasm: {} as { numThreads?: number } };
  const platform = webPlatform(env);
  platform.prepare({ threads: 2 });
  platform.prepare({ threads: 5 });
  expect(env.wasm.numThreads).toBe(2);
});

test("why WebGPU is not taken: none, no adapter, software where wasm would do", async () => {
  const platform = webPlatform({ wasm: {} });
  browser({});
  expect(await platform.refusal("webgpu", true)).toMatch(/no WebGPU/);
  browser({ adapter: null });
  expect(await platform.refusal("webgpu", true)).toMatch(/no graphics adapter/);
  browser({ adapter: { info: { isFallbackAdapter: true } } });
  expect(await platform.refusal("webgpu", true)).toMatch(/software/);
  expect(await platform.refusal("webgpu", false)).toBeUndefined();
  browser({ adapter: { info: { isFallbackAdapter: false } } });
  expect(await platform.refusal("webgpu", true)).toBeUndefined();
  expect(await platform.refusal("wasm", true)).toBeUndefined();
  expect(await platform.refusal("cuda", false)).toMatch(/browsers have webgpu and wasm/);
});

test("WebGPU in software is not taken by itself, and can be had", async () => {
  browser({ adapter: { info: { isFallbackAdapter: true } } });
  expect(await browserAbilities()).toMatchObject({
    noWebGpu: expect.stringMatching(/software/),
    lacksWebGpu: undefined,
  });
  browser({});
  expect((await browserAbilities()).lacksWebGpu).toMatch(/no WebGPU/);
});

test.each([
  "failed to call OrtRun(). ERROR_CODE: 6, ERROR_MESSAGE: std::bad_alloc",
  "Array buffer allocation failed",
  "WebAssembly.Memory(): could not allocate memory",
  "Aborted(OOM)",
  "out of memory",
])("no more memory: %s", (reason) => {
  expect(memoryRefusal(reason)).toMatchObject({ code: "OUT_OF_LIMITS", hint: expect.stringMatching(/smaller size/) });
});

test("what is no lack of memory keeps its own words", () => {
  expect(memoryRefusal("ERROR_MESSAGE: Could not find an implementation for Asin(7)")).toBeUndefined();
});
