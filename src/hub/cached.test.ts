import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixturePath } from "../../test/support/fixtures.js";
import { HubServer } from "../../test/support/hub-server.js";
import { findCached, listCached, publishedNamed, requireCached, requireKind, verifyFile } from "./cached.js";
import { catalogue, otherNames } from "./catalogue.js";
import { hubSettings } from "./environment.js";
import { resolveModel } from "./resolve.js";

const REPO = "maker/clip-tiny";
const COMMIT = "89abcdef0123456789abcdef0123456789abcdef";
const python = fixturePath("hub-cache");
const offline = { HF_HUB_CACHE: python, HF_HUB_OFFLINE: "1" };

test.each([
  ["clip-vit-base-patch32", "openai/clip-vit-base-patch32"],
  ["OpenAI/clip-vit-base-patch23", "openai/clip-vit-base-patch32"],
  ["vqgan-imagenet-f16-16834", "vqgan-imagenet-f16-16384"],
  ["resnet50x4_clip", "timm/resnet50x4_clip.openai"],
  ["taesd", "madebyollin/taesd"],
  ["ViT-B/32", "openai/clip-vit-base-patch32"],
  ["wikiart_16834", "vqgan-wikiart-f16-16384"],
  ["facebook/metaclip-b32-400", "facebook/metaclip-b32-400m"],
])("%s is told the name that was meant", async (typed, meant) => {
  const settings = hubSettings({ cacheDir: python }, {});
  const kind = meant.startsWith("vqgan") ? "VQGAN" : "CLIP";
  await expect(requireCached(settings, typed, kind)).rejects.toMatchObject({
    hint: expect.stringMatching(new RegExp(`^did you mean .*${meant}`)),
  });
});

test("every other name stands for one of the list", () => {
  for (const name of Object.values(otherNames)) expect(catalogue.map((entry) => entry.name)).toContain(name);
});

test("a name like none of them is told all", () => {
  expect(() => publishedNamed("stylegan")).toThrow(
    expect.objectContaining({ hint: expect.stringMatching(/^known: /) }),
  );
});

test("a cache that Python's library wrote is read as it is", async () => {
  const settings = hubSettings({}, offline);
  const [model, ...others] = await listCached(settings);
  expect(others).toEqual([]);
  expect(model?.published.name).toBe(REPO);
  expect(model?.folder).toBe(join(python, "models--maker--clip-tiny", "snapshots", COMMIT));
  expect(model?.files.map(({ name, bytes }) => [name, bytes])).toEqual([
    ["config.json", 23],
    ["tokenizer.json", 14],
    ["model.safetensors", 1024],
  ]);
  for (const file of model!.files) expect(await verifyFile(settings, model!, file)).toMatchObject({ verdict: "good" });
});

test("a damaged blob of it is found by its name", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hub-"));
  try {
    await cp(python, folder, { recursive: true, verbatimSymlinks: true });
    const settings = hubSettings({ cacheDir: folder }, {});
    const model = (await findCached(settings, publishedNamed(REPO)))!;
    const [config, , weights] = model.files as [never, never, never];
    await writeFile((weights as { path: string }).path, Buffer.alloc(1024));
    expect(await verifyFile(settings, model, weights)).toMatchObject({ verdict: "wrong" });
    expect(await verifyFile(settings, model, config)).toMatchObject({ verdict: "good" });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("names and paths: what is on disk comes first, a name means the cache, anything else is left to the loader", async () => {
  const options = { cacheDir: python, localFilesOnly: true };
  const { folder } = (await findCached(hubSettings(options), publishedNamed(REPO)))!;
  expect(await resolveModel(REPO, "CLIP", options)).toEqual({ path: folder, name: REPO });
  expect(await resolveModel(python, "CLIP", options)).toEqual({ path: python, name: undefined });
  expect(await resolveModel("./nowhere", "CLIP", options)).toEqual({ path: "./nowhere", name: undefined });
  await expect(resolveModel("vqgan-imagenet-f16-1024", "VQGAN", options)).rejects.toMatchObject({
    code: "BAD_MODEL",
    hint: "get it with: vqgan-clip models pull vqgan-imagenet-f16-1024",
  });
  await expect(resolveModel("openai/clip-vit-base-patch32", "VQGAN", options)).rejects.toMatchObject({
    code: "BAD_ARGUMENT",
    message: "VQGAN: openai/clip-vit-base-patch32 is a CLIP",
  });
});

test("the library downloads what is missing, unless only local files are wanted", async () => {
  const hub = await HubServer.start();
  const folder = await mkdtemp(join(tmpdir(), "hub-"));
  const before = process.env.HF_ENDPOINT;
  process.env.HF_ENDPOINT = hub.endpoint;
  try {
    for (const file of ["config.json", "tokenizer.json", "model.safetensors"]) hub.put(REPO, file, Buffer.from("{}"));
    await expect(resolveModel(REPO, "CLIP", { cacheDir: folder, localFilesOnly: true })).rejects.toThrow(/nor in the/);
    const seen = new Set<string>();
    const { name } = await resolveModel(REPO, "CLIP", { cacheDir: folder, onProgress: ({ file }) => seen.add(file) });
    expect(name).toBe(REPO);
    expect([...seen]).toEqual(["config.json", "tokenizer.json", "model.safetensors"]);
  } finally {
    if (before === undefined) delete process.env.HF_ENDPOINT;
    else process.env.HF_ENDPOINT = before;
    await hub.stop();
    await rm(folder, { recursive: true });
  }
});

test("the catalogue: every name once, with licence and size, all addresses over https", () => {
  expect(new Set(catalogue.map(({ name }) => name)).size).toBe(catalogue.length);
  const files = {
    VQGAN: ["config.yaml", "model.ckpt"],
    CLIP: ["open_clip_pytorch_model.bin"],
    classifier: [],
    reward: ["head.pth"],
  } as const;
  const ofImageReward = ["ImageReward.pt", "med_config.json", "vocab.txt"];
  for (const { name, kind, licence, bytes, sources } of catalogue) {
    expect(licence, name).toMatch(/\S/);
    expect(bytes, name).toBeGreaterThan(kind === "reward" ? 1e3 : 1e6);
    expect(sources.length, name).toBeGreaterThan(0);
    for (const source of sources) {
      if (source.kind === "hub") continue;
      expect(Object.keys(source.files)).toEqual(name === "imagereward" ? ofImageReward : files[kind]);
      for (const address of Object.values(source.files)) expect(new URL(address).protocol).toBe("https:");
    }
  }
  expect(requireKind("hps-v2.1", "reward").kind).toBe("CLIP");
  expect(() => requireKind("aesthetic-v2", "CLIP")).toThrow("aesthetic-v2 is a reward");
  expect(requireKind("OpenAI/CLIP-ViT-Base-Patch32", "CLIP").name).toBe("openai/clip-vit-base-patch32");
});

test("the variables of Python's library", () => {
  const at = (env: Record<string, string>, options = {}) => hubSettings(options, { HOME: "/home/a", ...env });
  expect(at({}).cacheDir).toBe("/home/a/.cache/huggingface/hub");
  expect(at({ XDG_CACHE_HOME: "/x" }).cacheDir).toBe("/x/huggingface/hub");
  expect(at({ HF_HOME: "~/hf" }).cacheDir).toBe("/home/a/hf/hub");
  expect(at({ HF_HOME: "$HOME/hf", HUGGINGFACE_HUB_CACHE: "/old" }).cacheDir).toBe("/old");
  expect(at({ HF_HUB_CACHE: "/new", HUGGINGFACE_HUB_CACHE: "/old" }).cacheDir).toBe("/new");
  expect(at({ HF_HUB_CACHE: "/new" }, { cacheDir: "/mine" }).cacheDir).toBe("/mine");
  expect(at({ HF_ENDPOINT: "https://hub.example/" }).endpoint).toBe("https://hub.example");
  expect(() => at({ HF_ENDPOINT: "hub" })).toThrow(/HF_ENDPOINT: hub is no web address/);
  expect(at({ HF_TOKEN: " hf_a\n" }).token).toBe("hf_a");
  expect(at({ HF_TOKEN: "hf_a", HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" }).token).toBeUndefined();
  expect(at({}).token).toBeUndefined();
  for (const value of ["1", "on", "YES", "true"])
    expect(at({ HF_HUB_OFFLINE: value }).offline).toBe("HF_HUB_OFFLINE is set");
  expect(at({ HF_HUB_OFFLINE: "0" }).offline).toBeUndefined();
  expect(at({}, { localFilesOnly: true }).offline).toBe("only local files are wanted");
});
