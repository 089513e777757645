/** Servers that send without end, drip, pack, lie about names or write to the screen: given up soon, with little kept. */
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGzip } from "node:zlib";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { COMMIT } from "../../test/support/hub-server.js";
import { type Published, unlisted } from "./catalogue.js";
import { type HubSettings, hubSettings } from "./environment.js";
import { type PullOptions, type PullPlan, pull } from "./pull.js";

vi.setConfig({ testTimeout: 60_000 });

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let answer: Answer;
let sent: number;
let folder: string;
let settings: HubSettings;

beforeEach(async () => {
  sent = 0;
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  folder = await mkdtemp(join(tmpdir(), "hub-"));
  settings = hubSettings({ cacheDir: folder }, { HF_ENDPOINT: address(), HOME: folder });
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await rm(folder, { recursive: true });
});

const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const content = Buffer.from('{"model_type": "clip"}\n');
const etag = createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");

/** A hub on which every file of a CLIP has one content; `of` answers for some of them. */
const hub =
  (of: Record<string, Answer>): Answer =>
  (request, response) => {
    const file = request.url?.split("/").at(-1) ?? "";
    const own = of[`${request.method} ${file}`];
    if (own) return own(request, response);
    const isThere = ["config.json", "tokenizer.json", "model.safetensors", "README.md"].includes(file);
    response.writeHead(isThere ? 200 : 404, { "x-repo-commit": COMMIT, etag: `"${etag}"` });
    response.end(request.method === "GET" && isThere ? content : undefined);
  };

/** A body without end, as fast as it is taken, until the other side goes away. */
const endless =
  (beginning = "", status = 200, packed = false): Answer =>
  (_, response) => {
    const part = Buffer.alloc(1 << 16, "x");
    const body = packed ? createGzip() : response;
    response.writeHead(status, { "x-repo-commit": COMMIT, ...(packed && { "content-encoding": "gzip" }) });
    if (packed) body.pipe(response);
    body.write(beginning);
    const more = () => {
      while (!response.destroyed && body.write(part)) sent += part.length;
      if (!response.destroyed) body.once("drain", more);
    };
    more();
  };

const patient = { patience: { retry: 1, stall: 20_000 } };
async function licence(options: PullOptions = {}): Promise<string | undefined> {
  let plan: PullPlan | undefined;
  const confirm = async (asked: PullPlan) => {
    plan = asked;
    return false;
  };
  await pull(settings, unlisted("maker/clip-tiny"), { ...patient, confirm, ...options });
  return plan?.licence;
}

const MUCH = 32 << 20; // what lies in buffers on the way; a body without end is many times more within a second

test.each([false, true])("a card without end (packed: %s): its beginning is read", async (packed) => {
  answer = hub({ "GET README.md": endless("---\nlicense: mit\n---\n", 200, packed) });
  expect(await licence()).toBe("mit");
  const soon = sent;
  await new Promise((later) => setTimeout(later, 300));
  expect(sent - soon).toBe(0);
  if (!packed) expect(sent).toBeLessThan(MUCH);
});

test("a refused page without end is not read", async () => {
  answer = hub({ "GET README.md": endless("", 403) });
  await expect(licence()).rejects.toThrow(/README.md: access is not granted \(403\)/);
  const soon = sent;
  await new Promise((later) => setTimeout(later, 300));
  expect(sent - soon).toBe(0);
  expect(sent).toBeLessThan(MUCH);
});

test("what a card says reaches the screen without control characters", async () => {
  const card = "---\nlicense: \x1b[2J\x1b]0;owned\x07mit\u202e\r\n---\n";
  answer = hub({ "GET README.md": (_, response) => response.end(card) });
  expect(await licence()).toBe("[2J ]0;owned mit");
});

const vqgan = (bytes: number): Published => ({
  name: "vqgan-test",
  kind: "VQGAN",
  about: "",
  licence: "MIT",
  bytes,
  sources: [{ kind: "addresses", of: "here", files: { "model.ckpt": `${address()}/model.ckpt` } }],
});

test.each([false, true])(
  "a file without end (packed: %s) ends at its limit, and nothing of it stays",
  async (packed) => {
    answer = (request, response) =>
      request.method === "HEAD" ? response.writeHead(405).end() : endless("", 200, packed)(request, response);
    await expect(pull(settings, vqgan(1e6), patient)).rejects.toMatchObject({
      code: "BAD_FILE",
      message: "vqgan-test/model.ckpt: more than 2000000 bytes, which is all it may have",
    });
    if (!packed) expect(sent).toBeLessThan(MUCH);
    expect(await readdir(join(folder, "vqgan-clip", "vqgan-test"))).toEqual([]);
  },
);

test("a file that says to be larger than it may be is refused before its first byte", async () => {
  answer = ({ method }, response) => {
    if (method === "HEAD") response.writeHead(405).end();
    else response.writeHead(200, { "content-length": String(2 ** 40) }).write("x");
  };
  await expect(pull(settings, vqgan(1e6), patient)).rejects.toThrow(/more than 2000000 bytes/);
});

test("one byte a connection is given up", async () => {
  let connections = 0;
  answer = ({ method, headers }, response) => {
    const from = Number(/\d+/.exec(headers.range ?? "0")?.[0]);
    const range = { "content-range": `bytes ${from}-999999/1000000` };
    response.writeHead(from > 0 ? 206 : 200, { etag: '"a"', "content-length": 1e6 - from, ...(from > 0 && range) });
    if (method === "HEAD") return void response.end();
    connections++;
    response.write("x");
    setTimeout(() => response.destroy(), 300); // the byte has been read by then
  };
  await expect(pull(settings, vqgan(1e6), patient)).rejects.toThrow(/bytes have come and are kept$/);
  expect(connections).toBe(5);
});

test("a connection that drips is as good as silent", async () => {
  answer = ({ method }, response) => {
    response.writeHead(200, { "content-length": 1e6 });
    if (method === "HEAD") return void response.end();
    const drip = setInterval(() => response.write("x"), 50);
    response.on("close", () => clearInterval(drip));
  };
  const start = performance.now();
  const impatient = { patience: { retry: 1, stall: 500 } };
  await expect(pull(settings, vqgan(1e6), impatient)).rejects.toThrow(/no more than \d+ bytes came for 0.5 s/);
  expect(performance.now() - start).toBeLessThan(15_000);
});

test("a mark that is no checksum would make all files one blob: refused", async () => {
  answer = ({ method }, response) => {
    response.writeHead(302, { "x-repo-commit": COMMIT, "x-linked-etag": '"same"', location: "http://127.0.0.1:9/" });
    response.end(method);
  };
  await expect(licence()).rejects.toThrow(/config.json: .* does not answer as a hub does/);
});
