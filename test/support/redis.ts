/** A Redis of a test's own: on a free port, its data in a folder, killed and started again at will. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RedisServer } from "../../src/service/network/redis.js";
import { ended } from "./ended.js";

/** Whether `redis-server` is installed. */
export const hasRedis: boolean = (() => {
  try {
    execFileSync("redis-server", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** One in a folder of its own, and the address to talk to it. */
export async function ownRedis(): Promise<{
  readonly redis: TestRedis;
  readonly server: RedisServer;
  end(): Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), "vqgan-clip-redis-"));
  const redis = await TestRedis.start(folder);
  const server = await RedisServer.at(redis.url);
  return {
    redis,
    server,
    end: async () => {
      server.close();
      await redis.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export class TestRedis {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    readonly port: number,
  ) {}

  /** @param folder where it keeps its data */
  static async start(folder: string): Promise<TestRedis> {
    const redis = new TestRedis(folder, await freePort());
    await redis.restart();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it with what it has written down. */
  async restart(): Promise<void> {
    const files = ["--dir", this.folder, "--appendonly", "yes", "--save", ""];
    const args = ["--port", String(this.port), "--bind", "127.0.0.1", ...files];
    const child = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"] });
    this.child = child;
    let said = "";
    await new Promise<void>((done, failed) => {
      child.on("exit", (code) => failed(new Error(`redis-server: exit code ${code}: ${said}`)));
      child.stdout.on("data", (part: Buffer) => {
        said += part.toString();
        if (said.includes("Ready to accept connections")) done();
      });
    });
  }

  /** Throws away all that it has written down; it must not run. */
  async forget(): Promise<void> {
    await rm(join(this.folder, "appendonlydir"), { recursive: true, force: true });
  }

  /** Ends it at once; what it has not written down is lost. */
  async kill(): Promise<void> {
    if (!this.child) return;
    await ended(this.child, "SIGKILL");
    await sleep(10);
  }
}

export async function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}
