/** What the files of `containers/` say is what the command line takes: their commands, variables and health checks run here, without containers. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { tinyModels } from "../support/cli.js";
import { freePort, hasRedis, TestRedis } from "../support/redis.js";
import { RunningCli } from "../support/running-cli.js";

interface Composed {
  readonly command: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
}
interface File {
  readonly services: Readonly<Record<string, Composed>>;
  readonly volumes: object;
}

const textOf = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
const composed = (name: string) => parse(textOf(`containers/${name}.yaml`), { merge: true }) as File;
const [one, many] = [composed("one-machine"), composed("many-machines")];
const { peerDependencies, files } = JSON.parse(textOf("package.json")) as {
  readonly peerDependencies: object;
  readonly files: readonly string[];
};

const token = "a-token-of-our-own-for-tests";
let folder: string;
let port: string;
const running: RunningCli[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vqgan-clip-containers-"));
  port = String(await freePort());
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.end("SIGKILL")));
  await rm(folder, { recursive: true, force: true });
});

/** A service's command with its variables, on this machine: its folder and port are the test's, and where there is one Redis. */
async function started(service: Composed | undefined, redis = ""): Promise<RunningCli> {
  const { command, environment = {} } = service as Composed;
  const args = command
    .split(" ")
    .map((word) => ({ "/sessions": folder, "7700": port, "redis://redis:6379": redis })[word] ?? word);
  const env = Object.entries(environment).map(([name, text]) => {
    expect(text).toMatch(new RegExp(`^\\$\\{${name}:\\?.+\\}$`)); // told by compose when it is not set
    return [name, token];
  });
  const program = await RunningCli.start([...args, ...tinyModels], /^(.+)\n/, Object.fromEntries(env));
  running.push(program);
  return program;
}

const isHealthy = ({ healthcheck }: Composed): Promise<boolean> => {
  const [kind, program = "", ...args] = healthcheck?.test ?? [];
  expect([kind, program]).toEqual(["CMD", "node"]);
  const here = args.map((text) => text.replace("7700", port));
  return promisify(execFile)(process.execPath, here).then(
    () => true,
    () => false,
  );
};

const sessions = async (): Promise<number> => {
  const headers = { Authorization: `Bearer ${token}` };
  return (await fetch(`http://127.0.0.1:${port}/v1/sessions`, { headers })).status;
};

describe("one machine", { timeout: 300_000 }, () => {
  test("the studio starts, is healthy then and not before, and takes the token", async () => {
    const studio = one.services.studio as Composed;
    expect(await isHealthy(studio)).toBe(false);
    const program = await started(studio);
    expect(program.said[1]).toBe(`http://127.0.0.1:${port}/`);
    expect(await isHealthy(studio)).toBe(true);
    expect(await sessions()).toBe(200);
  });
});

describe.skipIf(!hasRedis)("many machines", { timeout: 300_000 }, () => {
  test("server and worker start and meet: a picture is made", async () => {
    const redis = await TestRedis.start(await mkdtemp(join(folder, "redis-")));
    try {
      const server = many.services.server as Composed;
      await Promise.all([started(server, redis.url), started(many.services.worker, redis.url)]);
      expect(await isHealthy(server)).toBe(true);
      const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json", Prefer: "respond-async" };
      const asked = async (path: string, init: RequestInit = {}) => {
        const answer = await fetch(`http://127.0.0.1:${port}/predictions${path}`, { headers, ...init });
        return (await answer.json()) as { readonly id: string; readonly status: string };
      };
      const input = { prompts: "a red apple", size: [32, 32], cutouts: 4, steps: 1 };
      const { id } = await asked("", { method: "POST", body: JSON.stringify({ input }) });
      await expect.poll(async () => (await asked(`/${id}`)).status).toBe("succeeded");
    } finally {
      await redis.kill();
    }
  });

  test("Redis is told to lose nothing", () =>
    expect(many.services.redis?.command).toMatch(/--appendonly yes .*noeviction/));
});

test.each([
  ["one machine", one],
  ["many machines", many],
])("%s: what is kept is in a volume, and the port is this machine's alone", (_, { services, volumes }) => {
  const mounts = Object.values(services).flatMap((service) => service.volumes.map((each) => each.split(":")));
  expect([...new Set(mounts.map(([name]) => name))].sort()).toEqual(Object.keys(volumes).sort());
  for (const { command, volumes, ports = [] } of Object.values(services)) {
    const kept = /--folder (\S+)/.exec(command)?.[1];
    if (kept !== undefined) expect(volumes).toEqual([`sessions:${kept}`]);
    for (const each of ports) expect(each).toBe(`127.0.0.1:7700:${/--port (\d+)/.exec(command)?.[1]}`);
  }
});

test("the image has the optional packages of many machines, and all that the package is made of", () => {
  const listed = JSON.parse(/(\["bullmq".*?\])/.exec(textOf("containers/Dockerfile"))?.[1] as string) as string[];
  const { "onnxruntime-web": _, ...peers } = peerDependencies as Record<string, string>; // for browsers
  expect(listed.sort()).toEqual(Object.keys(peers).sort());
  const allowed = textOf("containers/Dockerfile.dockerignore").split("\n");
  for (const each of files.filter((name) => name !== "dist" && !name.startsWith("!"))) {
    expect(allowed.some((line) => line === `!${each}` || line.startsWith(`!${each}/*`))).toBe(true);
  }
  expect(allowed).toContain("**/.env");
});

test("what the docs and errors say to install is what tests run with", () => {
  const { devDependencies } = JSON.parse(textOf("package.json")) as { devDependencies: Record<string, string> };
  for (const path of ["docs/scaling.md", "src/service/network/peers.ts"]) {
    const named = [...textOf(path).matchAll(/\b(bullmq|ioredis|s3mini|pg)@([\d.]+\d)/g)];
    expect(named.length).toBeGreaterThan(3);
    for (const [, name = "", version] of named)
      expect([path, name, version]).toEqual([path, name, devDependencies[name]]);
  }
});
