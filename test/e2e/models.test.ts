/** Published models by the command line, from a hub on this machine: pulled, killed, resumed, used by name, verified, removed. */
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { cli } from "../support/cli.js";
import { cliPath } from "../support/cli-process.js";
import { fixturePath } from "../support/fixtures.js";
import { COMMIT, HubServer } from "../support/hub-server.js";

const REPO = "maker/clip-tiny";
const files = ["config.json", "preprocessor_config.json", "tokenizer.json", "model.safetensors"];
const vqgan = ["--vqgan", fixturePath("vqgan"), "--threads", "1"];

let hub: HubServer;
let cache: string;
let env: Record<string, string>;

beforeAll(async () => {
  hub = await HubServer.start();
  cache = await mkdtemp(join(tmpdir(), "hub-"));
  env = { HF_HUB_CACHE: cache, HF_ENDPOINT: hub.endpoint, HF_HUB_OFFLINE: "" };
  hub.put(REPO, "README.md", Buffer.from("---\nlicense: apache-2.0\n---\n"));
  for (const file of files) hub.put(REPO, file, await readFile(join(fixturePath("clip-quick-gelu"), file)));
});
afterAll(async () => {
  await hub.stop();
  await rm(cache, { recursive: true });
});
beforeEach(() => {
  hub.faults.clear();
  hub.seen.length = 0;
});

const models = (...args: string[]) => cli(["models", ...args], { env });
const snapshot = () => join(cache, "models--maker--clip-tiny", "snapshots", COMMIT);
const partials = async () => {
  const blobs = join(cache, "models--maker--clip-tiny", "blobs");
  const names = await readdir(blobs).catch(() => []);
  return names.filter((name) => name.endsWith(".incomplete")).map((name) => join(blobs, name));
};

test("a name that is not in the cache: one line with the command that gets it", async () => {
  const run = await cli(["embed", "--text", "a", "--clip", REPO, ...vqgan], { env });
  expect(run.code).toBe(2);
  expect(run.stderr).toBe(
    `vqgan-clip: CLIP: ${REPO} is neither a path nor in the cache (${cache}) (get it with: vqgan-clip models pull ${REPO})\n`,
  );
  expect(hub.seen).toEqual([]);
});

test("licence, size and free space come first, and nothing without consent", async () => {
  const run = await models("pull", REPO);
  expect(run.code).toBe(2);
  expect(run.stderr).toMatch(/licence: apache-2.0\nsource: .*\n[\s\S]*model\.safetensors {2}[\d.]+ MiB\n/);
  expect(run.stderr).toMatch(/size: {4}[\d.]+ MiB to download, \d+ MiB free at /);
  expect(run.stderr).toContain("vqgan-clip: pull: nobody is there to be asked (add --yes to agree)\n");
  expect(hub.gets().map(({ path }) => path)).toEqual([expect.stringContaining("README.md")]);
});

test("Ctrl-C keeps what came, being killed too; the next pull goes on by Range", async () => {
  hub.faults.set("model.safetensors", { stallAfter: 40_000 });
  expect(await pullUntil(40_000, "SIGINT")).toEqual({
    code: 130,
    stderr: expect.stringMatching(/vqgan-clip: the download was stopped; what has come is kept \(.*\)\n$/),
  });
  expect((await pullUntil(80_000, "SIGKILL")).code).toBeNull();
  hub.faults.clear();
  hub.seen.length = 0;
  const run = await models("pull", REPO, "--yes");
  expect(run.stderr).not.toContain("vqgan-clip:");
  expect(run.code).toBe(0);
  expect(run.stdout.toString()).toBe(`${snapshot()}\n`);
  expect(
    hub
      .gets()
      .filter(({ host }) => host === "storage")
      .at(-1)?.range,
  ).toBe("bytes=80000-");
  expect(await partials()).toEqual([]);
});

/** Pulls until so many bytes of the weights are there, then sends the signal. */
async function pullUntil(bytes: number, signal: NodeJS.Signals) {
  const args = [cliPath, "models", "pull", REPO, "--yes"];
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env } });
  let stderr = "";
  child.stderr.on("data", (part) => {
    stderr += part;
  });
  const ended = new Promise<number | null>((done) => child.on("close", done));
  while (child.exitCode === null && (await partialSize()) !== bytes) await new Promise((next) => setTimeout(next, 20));
  child.kill(signal);
  return { code: await ended, stderr };
}

async function partialSize(): Promise<number> {
  const [path] = await partials();
  return path === undefined
    ? 0
    : stat(path).then(
        ({ size }) => size,
        () => 0,
      );
}

test("used by name, without the network; the vector is that of the folder", async () => {
  const embed = (clip: string) =>
    cli(["embed", "--text", "a castle", "--json", "--clip", clip, ...vqgan], { env: { ...env, HF_HUB_OFFLINE: "1" } });
  const byName = JSON.parse((await embed(REPO)).stdout.toString());
  const byFolder = JSON.parse((await embed(fixturePath("clip-quick-gelu"))).stdout.toString());
  expect(byName.models[0].name).toBe(REPO);
  expect(byName.embedding).toEqual(byFolder.embedding);
  expect(hub.seen).toEqual([]);
});

test("offline, pull says why it cannot", async () => {
  const run = await cli(["models", "pull", REPO, "--yes"], { env: { ...env, HF_HUB_OFFLINE: "1" } });
  expect(run.code).toBe(1);
  expect(run.stderr).toMatch(/^vqgan-clip: maker\/clip-tiny: cannot be pulled, HF_HUB_OFFLINE is set \(.*\)\n$/);
});

test("ls, verify, a damaged file, remove", async () => {
  const listed = JSON.parse((await models("ls", "--json")).stdout.toString());
  expect(listed).toContainEqual(
    expect.objectContaining({
      name: REPO,
      kind: "CLIP",
      licence: "apache-2.0",
      parameters: expect.any(Number),
      folder: snapshot(),
    }),
  );
  await truncate(join(snapshot(), "model.safetensors"), 100);
  const verified = await models("verify");
  expect(verified.code).toBe(2);
  expect(verified.stdout.toString()).toMatch(
    /^good {5}maker\/clip-tiny {2}preprocessor_config\.json {2}git-sha1 [0-9a-f]{12}$/m,
  );
  expect(verified.stdout.toString()).toMatch(
    /^wrong {4}maker\/clip-tiny {2}model\.safetensors {2}sha256 [0-9a-f]{12}$/m,
  );
  expect(verified.stderr).toContain(`(vqgan-clip models remove ${REPO}, then vqgan-clip models pull ${REPO})`);

  const removed = await models("remove", REPO);
  expect(removed.stdout.toString()).toMatch(/^removed maker\/clip-tiny: [\d.]+ MiB freed\n$/);
  const again = await models("remove", REPO);
  expect(again.code).toBe(2);
  expect(again.stderr).toContain(`remove: ${REPO} is not in ${cache}`);
});

test("without a name, pull lists what may be had; unknown names are told the known ones", async () => {
  const run = await models("pull");
  expect(run.stdout.toString()).toMatch(
    /^name +kind +size +licence\nopenai\/clip-vit-base-patch32 +CLIP +about 577 MiB +MIT/,
  );
  expect(run.stdout.toString()).toContain("vqgan-imagenet-f16-16384");
  const unknown = await models("pull", "vqgan");
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toMatch(
    /^vqgan-clip: vqgan: no published model of that name \(did you mean .*vqgan-openimages-f8-8192\?\)\n$/,
  );
  expect(hub.seen).toEqual([]);
});
