import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { COMMIT, HubServer } from "../../test/support/hub-server.js";
import { findCached, listCached, publishedNamed, removeCached, requireCached, verifyFile } from "./cached.js";
import { type Published, unlisted } from "./catalogue.js";
import { type HubSettings, hubSettings } from "./environment.js";
import { type Progress, type PullOptions, type PullPlan, pull } from "./pull.js";

const REPO = "maker/clip-tiny";
const weights = randomBytes(300_000);
const sha256 = createHash("sha256").update(weights).digest("hex");
const config = Buffer.from('{"model_type": "clip"}\n');
const model = unlisted(REPO);

let hub: HubServer;
let folder: string;
let settings: HubSettings;

beforeEach(async () => {
  hub = await HubServer.start();
  folder = await mkdtemp(join(tmpdir(), "hub-"));
  settings = hubSettings({ cacheDir: folder }, { HF_ENDPOINT: hub.endpoint, HF_TOKEN: "hf_secret", HOME: folder });
  hub.put(REPO, "config.json", config);
  hub.put(REPO, "tokenizer.json", Buffer.from("{}"));
  hub.put(REPO, "model.safetensors", weights);
});
afterEach(async () => {
  await hub.stop();
  await rm(folder, { recursive: true });
});

const inRepo = (...path: string[]) => join(folder, "models--maker--clip-tiny", ...path);
const partial = () => inRepo("blobs", `${sha256}.vqgan-clip.incomplete`);
const fetched = (options: PullOptions = {}) =>
  pull(settings, model, { patience: { retry: 1, stall: 20_000 }, ...options });
const weightsRequests = () => hub.gets().filter(({ host }) => host === "storage");

test("lies in the cache as Python's library lays it out", async () => {
  const cached = await fetched();
  expect(cached?.folder).toBe(inRepo("snapshots", COMMIT));
  expect(await readFile(inRepo("refs", "main"), "utf8")).toBe(COMMIT);
  expect(await readlink(inRepo("snapshots", COMMIT, "model.safetensors"))).toBe(join("..", "..", "blobs", sha256));
  expect((await readFile(inRepo("snapshots", COMMIT, "model.safetensors"))).equals(weights)).toBe(true);
  const small = createHash("sha1").update(`blob ${config.length}\0`).update(config).digest("hex");
  expect(await readFile(inRepo("blobs", small))).toEqual(config);
  expect((await readdir(inRepo("blobs"))).sort()).toHaveLength(3); // no partial files, no temporary ones
  expect(await readdir(join(folder, ".locks", "models--maker--clip-tiny"))).toEqual([]);
});

test("the token is for the endpoint, and never goes to the storage host", async () => {
  await fetched();
  const told = (host: string) => new Set(hub.seen.filter((one) => one.host === host).map((one) => one.authorization));
  expect(told("endpoint")).toEqual(new Set(["Bearer hf_secret"]));
  expect(told("storage")).toEqual(new Set([undefined]));
});

test("what is there is not fetched again, and needs no network in offline mode", async () => {
  await fetched();
  const before = hub.gets().length;
  await fetched();
  expect(hub.gets()).toHaveLength(before);
  const offline = hubSettings({ cacheDir: folder }, { HF_HUB_OFFLINE: "1" });
  expect((await requireCached(offline, REPO, "CLIP")).folder).toBe(inRepo("snapshots", COMMIT));
  await expect(pull(offline, model)).rejects.toMatchObject({
    code: "IO_FAILED",
    message: `${REPO}: cannot be pulled, HF_HUB_OFFLINE is set`,
  });
});

test("not cached: the line holds the command that gets it", async () => {
  await expect(requireCached(settings, REPO, "CLIP")).rejects.toMatchObject({
    code: "BAD_MODEL",
    hint: `get it with: vqgan-clip models pull ${REPO}`,
  });
});

test("what will happen is said first; no means not one byte", async () => {
  let plan: PullPlan | undefined;
  const confirm = async (asked: PullPlan) => {
    plan = asked;
    return false;
  };
  expect(await fetched({ confirm })).toBeUndefined();
  expect(plan).toMatchObject({ missing: weights.length + config.length + 2, cacheDir: folder });
  expect(plan?.files.map(({ name, checked }) => [name, checked])).toEqual([
    ["config.json", "git-sha1"],
    ["tokenizer.json", "git-sha1"],
    ["model.safetensors", "sha256"],
  ]);
  expect(plan?.freeBytes).toBeGreaterThan(0);
  expect(hub.gets()).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
});

test("a disk without room is told before the start", async () => {
  await expect(fetched({ freeBytes: async () => 1000 })).rejects.toMatchObject({
    code: "IO_FAILED",
    message: `${REPO}: needs 0.3 MiB, 0.0 MiB are free at ${folder}`,
  });
  expect(hub.gets()).toEqual([]);
});

test("a body that ends early goes on by Range, within one call", async () => {
  hub.faults.set("model.safetensors", { cutAfter: 100_000, times: 3 }); // the first answer is to the HEAD
  await fetched();
  expect((await readFile(inRepo("snapshots", COMMIT, "model.safetensors"))).equals(weights)).toBe(true);
  const ranges = weightsRequests().map(({ range }) => range);
  expect(ranges[0]).toBeUndefined();
  expect(ranges.length).toBeGreaterThan(1);
  expect(ranges.at(-1)).toMatch(/^bytes=\d{5,6}-$/);
});

test("a server that falls silent is asked again, for the rest", async () => {
  hub.faults.set("model.safetensors", { stallAfter: 50_000, times: 2 }); // the first answer is to the HEAD
  await fetched({ patience: { retry: 1, stall: 1500 } });
  expect(weightsRequests()[1]?.range).toBe("bytes=50000-");
});

test("always cut at once: one line with what is kept, and the next call goes on", async () => {
  await mkdir(inRepo("blobs"), { recursive: true });
  await writeFile(partial(), weights.subarray(0, 120_000));
  hub.faults.set("model.safetensors", { cutAfter: 0 });
  await expect(fetched()).rejects.toMatchObject({
    code: "IO_FAILED",
    message: expect.stringMatching(
      /^maker\/clip-tiny\/model\.safetensors: .*120000 of 300000 bytes have come and are kept$/,
    ),
    hint: "the same command goes on from there",
  });
  expect((await stat(partial())).size).toBe(120_000);
  hub.faults.clear();
  await fetched();
  expect(weightsRequests().at(-1)?.range).toBe("bytes=120000-");
});

test("a server that ignores Range sends all of it again", async () => {
  await mkdir(inRepo("blobs"), { recursive: true });
  await writeFile(partial(), weights.subarray(0, 1000));
  hub.faults.set("model.safetensors", { ignoresRange: true });
  await fetched();
  expect((await readFile(inRepo("blobs", sha256))).equals(weights)).toBe(true);
});

test("416: the partial file is dropped and all of it fetched", async () => {
  await mkdir(inRepo("blobs"), { recursive: true });
  await writeFile(partial(), weights.subarray(0, 1000));
  hub.faults.set("model.safetensors", { refusesRange: true });
  await fetched();
  expect(weightsRequests().map(({ range }) => range)).toEqual(["bytes=1000-", undefined]);
});

test("a partial file of other bytes is noticed by the checksum and fetched once more from its beginning", async () => {
  await mkdir(inRepo("blobs"), { recursive: true });
  await writeFile(partial(), Buffer.alloc(1000));
  await fetched();
  expect((await readFile(inRepo("blobs", sha256))).equals(weights)).toBe(true);
});

test("a partial file that is too long is dropped", async () => {
  await mkdir(inRepo("blobs"), { recursive: true });
  await writeFile(partial(), Buffer.alloc(weights.length + 1));
  await fetched();
  expect(weightsRequests().map(({ range }) => range)).toEqual([undefined]);
});

test.each([
  ["model.safetensors", "sha256"],
  ["config.json", "git-sha1"],
])("wrong bytes of %s are refused by %s and leave nothing behind", async (file, kind) => {
  hub.faults.set(file, { wrongBytes: true });
  await expect(fetched()).rejects.toMatchObject({
    code: "BAD_FILE",
    message: expect.stringContaining(`${REPO}/${file}: wrong bytes: ${kind} is `),
  });
  expect((await readdir(inRepo("blobs"))).filter((name) => name.includes("incomplete"))).toEqual([]);
  expect(await findCached(settings, model)).toBeUndefined();
});

test.each([
  [401, undefined, "the token is not accepted, or there is no such repository (401)"],
  [403, "GatedRepo", "access is not granted (403)"],
  [404, "RepoNotFound", "no such repository (404)"],
  [404, "RevisionNotFound", "no such revision (404)"],
  [429, undefined, "too many requests (429)"],
  [503, undefined, "the server failed (503)"],
])("status %i %s is one clear line", async (status, errorCode, message) => {
  hub.faults.set("config.json", { status, ...(errorCode && { errorCode }) });
  await expect(fetched()).rejects.toMatchObject({ code: "IO_FAILED", message: `${REPO}/config.json: ${message}` });
});

test("without a token, 401 says what would help", async () => {
  hub.faults.set("config.json", { status: 401 });
  await expect(pull({ ...settings, token: undefined }, model)).rejects.toMatchObject({
    hint: "check the name, or set HF_TOKEN",
  });
});

test("a file that is missing where one of two names would do; and where neither is there", async () => {
  hub.put("maker/old", "config.json", config);
  hub.put("maker/old", "tokenizer.json", Buffer.from("{}"));
  await expect(pull(settings, unlisted("maker/old"))).rejects.toMatchObject({
    message: expect.stringMatching(/^maker\/old: holds no model.safetensors or .* or pytorch_model.bin/),
  });
  hub.put("maker/old", "pytorch_model.bin", weights);
  const cached = await pull(settings, unlisted("maker/old"));
  expect(cached?.files.map(({ name }) => name)).toEqual(["config.json", "tokenizer.json", "pytorch_model.bin"]);
});

test("of timm's repositories OpenCLIP's form: their config.json is of the image tower alone", async () => {
  const open = ["open_clip_config.json", "tokenizer.json", "open_clip_model.safetensors"];
  for (const name of ["config.json", "model.safetensors", ...open]) hub.put("timm/vit", name, weights);
  const cached = await pull(settings, unlisted("timm/vit"));
  expect(cached?.files.map(({ name }) => name)).toEqual(open);
});

test("weights in parts are pulled whole; without one of them the model is not there", async () => {
  const parts = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
  const index = Buffer.from(JSON.stringify({ weight_map: { a: parts[0], b: parts[1], c: parts[0] } }));
  const repo = "maker/large";
  for (const name of ["config.json", "tokenizer.json"]) hub.put(repo, name, config);
  hub.put(repo, "model.safetensors.index.json", index);
  hub.put(repo, parts[0]!, weights);
  await expect(pull(settings, unlisted(repo))).rejects.toThrow(`${repo}: holds no ${parts[1]}`);
  hub.put(repo, parts[1]!, randomBytes(2000));
  const cached = await pull(settings, unlisted(repo));
  const names = ["config.json", "tokenizer.json", "model.safetensors.index.json", ...parts];
  expect(cached?.files.map(({ name }) => name)).toEqual(names);
  await rm(join(cached!.folder, parts[1]!));
  expect(await findCached(settings, unlisted(repo))).toBeUndefined();
});

test("an index that leads out of its folder is refused", async () => {
  for (const name of ["config.json", "tokenizer.json"]) hub.put("maker/large", name, config);
  const index = JSON.stringify({ weight_map: { a: "../../other/model.safetensors" } });
  hub.put("maker/large", "model.safetensors.index.json", Buffer.from(index));
  await expect(pull(settings, unlisted("maker/large"))).rejects.toThrow(/names of files beside it/);
});

test("no such repository: with a token and without", async () => {
  const nowhere = unlisted("maker/clip-tinny");
  await expect(pull(settings, nowhere)).rejects.toThrow(/no such repository \(404\)/);
  await expect(pull({ ...settings, token: undefined }, nowhere)).rejects.toMatchObject({
    message: expect.stringMatching(/no such repository, or one that wants a token \(401\)/),
    hint: "check the name, or set HF_TOKEN",
  });
});

test("the licence that the model's card names is said first, and the card kept", async () => {
  let plan: PullPlan | undefined;
  const confirm = async (asked: PullPlan) => {
    plan = asked;
    return true;
  };
  await fetched({ confirm: async (asked) => !(await confirm(asked)) });
  expect(plan?.licence).toBeUndefined();
  hub.put(REPO, "README.md", Buffer.from("---\nlicense: mit\n---\n"));
  const cached = await fetched({ confirm });
  expect(plan?.licence).toBe("mit");
  expect(cached?.files.map(({ name }) => name)).toContain("README.md");
});

test("a renamed repository is followed within its host, with the token", async () => {
  hub.renamed.set("maker/former", REPO);
  await pull(settings, unlisted("maker/former"));
  const there = hub.seen.filter(({ host, path }) => host === "endpoint" && path.startsWith(`/${REPO}/`));
  expect(there.every(({ authorization }) => authorization === "Bearer hf_secret")).toBe(true);
});

test("no server at all", async () => {
  const nowhere = hubSettings({ cacheDir: folder }, { HF_ENDPOINT: "http://127.0.0.1:9" });
  await expect(pull(nowhere, model)).rejects.toMatchObject({
    code: "IO_FAILED",
    message: expect.stringMatching(/^maker\/clip-tiny\/config\.json: 127\.0\.0\.1:9 does not answer: /),
  });
});

test("a page that is no hub is not taken for one", async () => {
  hub.put(REPO, "resolve/main/config.json", config);
  const wrong = hubSettings({ cacheDir: folder }, { HF_ENDPOINT: hub.storage });
  await expect(pull(wrong, model)).rejects.toThrow(/does not answer as a hub does/);
});

test("stopped by a signal, it keeps what came and says so; progress ends at the whole", async () => {
  const stop = new AbortController();
  hub.faults.set("model.safetensors", { stallAfter: 80_000 });
  const stopping = fetched({
    patience: { retry: 1, stall: 20_000 },
    signal: stop.signal,
    onProgress: ({ received }: Progress) => received === 80_000 && stop.abort(),
  });
  await expect(stopping).rejects.toMatchObject({ code: "ABORTED" });
  expect((await stat(partial())).size).toBe(80_000);
  hub.faults.clear();
  const seen: Progress[] = [];
  await fetched({ onProgress: (progress: Progress) => seen.push(progress) });
  const ofWeights = seen.filter(({ file }) => file === "model.safetensors").map(({ received }) => received);
  expect(ofWeights[0]).toBe(80_000);
  expect(ofWeights.at(-1)).toBe(300_000);
});

test("two at once fetch each file once", async () => {
  const notes: string[] = [];
  await Promise.all([fetched(), fetched({ onNote: (line: string) => notes.push(line) })]);
  expect(weightsRequests()).toHaveLength(1);
});

test("the lock of a process that was killed does not hold anybody up", async () => {
  const lock = join(folder, ".locks", "models--maker--clip-tiny", `${sha256}.vqgan-clip.lock`);
  const child = spawn(process.execPath, ["-e", ""]);
  await new Promise((ended) => child.on("close", ended));
  await mkdir(join(lock, ".."), { recursive: true });
  await writeFile(lock, JSON.stringify({ pid: child.pid, host: hostname() }));
  await fetched();
});

test("ls, verify, remove", async () => {
  const cached = (await fetched())!;
  expect((await listCached(settings)).map(({ published }) => published.name)).toEqual([REPO]);
  const verdicts = async () => {
    const all = await Promise.all(cached.files.map((file) => verifyFile(settings, cached, file)));
    return all.map(({ name, verdict }) => `${name} ${verdict}`);
  };
  expect(await verdicts()).toEqual(["config.json good", "tokenizer.json good", "model.safetensors good"]);
  await writeFile(inRepo("blobs", sha256), Buffer.alloc(300_000));
  expect(await verdicts()).toContain("model.safetensors wrong");
  expect(await removeCached(settings, model)).toBeGreaterThan(300_000);
  expect(await readdir(folder)).toEqual([".locks"]);
  expect(await listCached(settings)).toEqual([]);
});

test.each(["../..", "a/../b", "a--b/c", "a/b/c", "/etc", "a/b.git", "a"])("%s is no repository", (name) => {
  expect(() => publishedNamed(name)).toThrow(/no published model of that name/);
});

// Models at plain addresses

const yaml = Buffer.from("model: {}\n");
const addresses = (of: string, base: string) =>
  ({
    kind: "addresses",
    of,
    files: { "config.yaml": `${base}/a/b/model.yaml?dl=1`, "model.ckpt": `${base}/a/b/last.ckpt?dl=1` },
  }) as const;
const vqgan = (...sources: Published["sources"]): Published => ({
  name: "vqgan-test",
  kind: "VQGAN",
  about: "",
  licence: "MIT",
  bytes: 300_000,
  sources,
});
const pullVqgan = (published: Published, options: PullOptions = {}) =>
  pull(settings, published, { patience: { retry: 1, stall: 20_000 }, ...options });

test("the first source is dead: the next one is told and taken; pinned at first, required later", async () => {
  hub.put("a/b", "model.yaml", yaml);
  hub.put("a/b", "last.ckpt", weights);
  const notes: string[] = [];
  const published = vqgan(addresses("first", "http://127.0.0.1:9"), addresses("second", hub.storage));
  const cached = await pullVqgan(published, { onNote: (line) => notes.push(line) });
  expect(notes).toEqual([expect.stringMatching(/^first: 127\.0\.0\.1:9 does not answer: .*; trying the next source$/)]);
  expect((await readFile(join(cached!.folder, "model.ckpt"))).equals(weights)).toBe(true);
  const pins = JSON.parse(await readFile(join(folder, "vqgan-clip", "pins.json"), "utf8"));
  expect(pins["vqgan-test/model.ckpt"]).toMatchObject({ sha256, size: 300_000 });
  expect(hub.seen.every(({ authorization }) => authorization === undefined)).toBe(true);

  await removeCached(settings, published);
  hub.put("a/b", "last.ckpt", randomBytes(300_000));
  await expect(pullVqgan(vqgan(addresses("second", hub.storage)))).rejects.toMatchObject({
    code: "BAD_FILE",
    hint: expect.stringContaining("pins.json"),
  });
});

test("resuming at a plain address: only while its server says that nothing changed", async () => {
  hub.put("a/b", "model.yaml", yaml);
  hub.put("a/b", "last.ckpt", weights);
  const published = vqgan(addresses("mirror", hub.storage));
  const stop = new AbortController();
  hub.faults.set("last.ckpt", { stallAfter: 50_000, times: 1 });
  const stopping = pullVqgan(published, {
    patience: { retry: 1, stall: 20_000 },
    signal: stop.signal,
    onProgress: ({ received }) => received === 50_000 && stop.abort(),
  });
  await expect(stopping).rejects.toMatchObject({ code: "ABORTED" });
  const other = randomBytes(300_000);
  hub.put("a/b", "last.ckpt", other);
  const cached = await pullVqgan(published);
  expect(hub.gets().at(-1)?.range).toBe("bytes=50000-");
  expect((await readFile(join(cached!.folder, "model.ckpt"))).equals(other)).toBe(true);
  expect(await readdir(cached!.folder)).toEqual(["config.yaml", "model.ckpt"]);
});

test("no source works: all of them in one line", async () => {
  const published = vqgan(addresses("first", "http://127.0.0.1:9"), addresses("second", hub.storage));
  await expect(pullVqgan(published)).rejects.toMatchObject({
    code: "IO_FAILED",
    message: expect.stringMatching(/^vqgan-test: no source works: first: .*; second: .*no such file \(404\)$/),
  });
});
