/** The browser's loader, run on Node: over HTTP it reads every form of models that folders hold, as the same models. */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { fetchFile } from "../../src/browser/fetch-file.js";
import { type PretrainedOptions, VqganClip as WebVqganClip } from "../../src/browser/vqgan-clip.js";
import type { ModelIdentity } from "../../src/index.js";
import { VqganClip } from "../../src/index.js";
import { fixturePath } from "../support/fixtures.js";
import { type StaticServer, serveStatic } from "../support/static-server.js";

let folder: string;
let server: StaticServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vqgan-clip-web-"));
  for (const part of ["vqgan", "clip-quick-gelu", "clip-gelu", "convolutional-clip", "open-clip", "siglip", "gumbel"]) {
    await cp(fixturePath(part), join(folder, part), { recursive: true });
  }
  for (const part of ["diffusers-vq", "diffusers-kl", "diffusers-tiny"]) {
    await cp(fixturePath(part), join(folder, part === "diffusers-kl" ? "pipeline/vae" : part), { recursive: true });
  }
  await cp(fixturePath("vqgan"), join(folder, "pair/vqgan"), { recursive: true });
  await cp(fixturePath("clip-quick-gelu"), join(folder, "pair/clip"), { recursive: true });
  const tokenizer = join(fixturePath("clip-quick-gelu"), "tokenizer.json");
  await cp(tokenizer, join(folder, "open-clip/tokenizer.json"));
  await cp(tokenizer, join(folder, "archives/tokenizer.json"));
  await cp(join(fixturePath("clip-resnet"), "model.pt"), join(folder, "archives/RN.pt"));
  server = await serveStatic({ "/": folder });
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const at = (path: string) => `${server.address}${path}`;
const web = (options: PretrainedOptions) => WebVqganClip.fromPretrained({ threads: 1, ...options });
const hashes = (identities: readonly ModelIdentity[]) => identities.map(({ role, sha256 }) => ({ role, sha256 }));

describe("forms", () => {
  test.each([
    "vqgan",
    "vqgan/model.ckpt",
    "gumbel",
    "diffusers-vq",
    "diffusers-tiny",
    "pipeline",
    "pipeline/vae/diffusion_pytorch_model.safetensors",
  ])("generator %s", async (path) => {
    const [there, here] = [
      await web({ vqgan: at(path), clip: at("clip-gelu") }),
      await VqganClip.fromPretrained({ vqgan: join(folder, path), clip: join(folder, "clip-gelu") }),
    ];
    expect(there.generator.name).toBe(here.generator.name);
    expect(there.generator.factor).toBe(here.generator.factor);
    expect(there.generator.codebook?.codes.bytes).toEqual(here.generator.codebook?.codes.bytes);
    expect(hashes(await there.identities())).toEqual(hashes(await here.identities()));
  });

  test.each([
    "clip-gelu",
    "convolutional-clip",
    "open-clip",
    "open-clip/open_clip_model.safetensors",
    "archives/RN.pt",
    "siglip",
  ])("CLIP %s", async (path) => {
    const [there, here] = [
      await web({ vqgan: "pixels", clip: at(path) }),
      await VqganClip.fromPretrained({ vqgan: "pixels", clip: join(folder, path) }),
    ];
    expect(there.perceptor.name).toBe(here.perceptor.name);
    expect(await there.embedTexts(["a castle"])).toEqual(await here.embedTexts(["a castle"]));
  });
});

test("an ensemble over a diffusers autoencoder takes the steps that it takes from folders", async () => {
  const parts = ["clip-quick-gelu", "siglip"];
  const [there, here] = [
    await web({ vqgan: at("diffusers-tiny"), clip: parts.map(at) }),
    await VqganClip.fromPretrained({
      vqgan: join(folder, "diffusers-tiny"),
      clip: parts.map((part) => join(folder, part)),
      threads: 1,
    }),
  ];
  expect((await there.identities()).map(({ name }) => name)).toEqual(["diffusers-tiny", ...parts]);
  const request = { prompts: "a castle", cutouts: 2, steps: 2, seed: 7, perceptorWeights: [1, 0.5] };
  const states = [];
  for (const vq of [there, here]) {
    const run = await vq.create({ ...request, size: [32, 32] }).toFinish();
    states.push((await run.state()).z.bytes);
    await run.dispose();
  }
  expect(states[0]).toEqual(states[1]);
});

test("a pair's own parts are named after its folder, other parts after theirs", async () => {
  const names = async (options: PretrainedOptions) => (await (await web(options)).identities()).map(({ name }) => name);
  expect(await names({ model: at("pair") })).toEqual(["pair/vqgan", "pair/clip"]);
  expect(await names({ model: at("pair/"), judge: at("clip-gelu/") })).toEqual([
    "pair/vqgan",
    "pair/clip",
    "clip-gelu",
  ]);
  expect(await names({ model: at("pair"), vqgan: "fft" })).toEqual(["fft", "pair/clip"]);
});

test("the address's query goes along with every file", async () => {
  const asked = vi.spyOn(globalThis, "fetch");
  try {
    await web({ vqgan: "pixels", clip: at("clip-gelu?token=a%2Fb") });
    const addresses = asked.mock.calls.map(([address]) => String(address));
    expect(addresses).toContain(at("clip-gelu/model.safetensors?token=a%2Fb"));
    expect(addresses.filter((address) => !address.endsWith("?token=a%2Fb"))).toEqual([]);
  } finally {
    asked.mockRestore();
  }
});

test("what was fetched is kept, asked about, and used when the server cannot be reached", async () => {
  const kept = new Map<string, Response>();
  const cache = {
    match: async (url: string) => kept.get(url)?.clone(),
    put: async (url: string, response: Response) => void kept.set(url, response),
  };
  vi.stubGlobal("caches", { open: async () => cache });
  const own = await serveStatic({ "/": folder });
  try {
    const load = async () => {
      const before = own.sent.length;
      await web({ vqgan: `${own.address}diffusers-tiny`, clip: `${own.address}siglip/` });
      return own.sent.slice(before).filter((path) => path.endsWith(".safetensors"));
    };
    expect(await load()).toEqual(["/diffusers-tiny/diffusion_pytorch_model.safetensors", "/siglip/model.safetensors"]);
    expect(await load()).toEqual([]);
    await own.close();
    expect(await load()).toEqual([]);
    kept.clear();
    await expect(load()).rejects.toThrow(/^cannot fetch http.*diffusers-tiny\/model_index.json: /);
  } finally {
    vi.unstubAllGlobals();
    await own.close().catch(() => undefined);
  }
});

test("what came without a mark of its state is fetched again: a wrong body does not stay", async () => {
  const kept = new Map<string, Response>();
  const cache = {
    match: async (url: string) => kept.get(url)?.clone(),
    put: async (url: string, response: Response) => void kept.set(url, response),
  };
  vi.stubGlobal("caches", { open: async () => cache });
  let body = "a wrong body";
  let isUp = true;
  vi.stubGlobal("fetch", async () => {
    if (!isUp) throw new TypeError("fetch failed");
    return new Response(body, { headers: { "content-length": "12" } });
  });
  try {
    const text = async () => new TextDecoder().decode(await fetchFile("http://localhost/config.json"));
    expect(await text()).toBe("a wrong body");
    body = "a right body";
    expect(await text()).toBe("a right body");
    isUp = false;
    expect(await text()).toBe("a right body");
  } finally {
    vi.unstubAllGlobals();
  }
});

test("what is missing is told with its address", async () => {
  await expect(web({ vqgan: "pixels" })).rejects.toMatchObject({
    code: "BAD_ARGUMENT",
    message: "fromPretrained(): neither model nor clip is given",
  });
  await expect(web({ model: at("pair"), vqgan: at("siglip") })).rejects.toMatchObject({
    code: "BAD_MODEL",
    message: `VQGAN: ${at("siglip/")} holds none of model.yaml, model.yml, config.yaml; model needs its own`,
  });
  await expect(web({ vqgan: "pixels", clip: at("vqgan") })).rejects.toMatchObject({
    code: "BAD_MODEL",
    message: `${at("vqgan/config.json")}: no such file; a CLIP model needs it`,
  });
  await expect(web({ vqgan: at("nothing.ckpt"), clip: at("siglip") })).rejects.toMatchObject({
    code: "BAD_MODEL",
    message: `VQGAN: ${at("nothing.ckpt")}: no such file or folder`,
  });
});
