/** Redis, a server without an engine, and workers: each a process that may be killed and started again. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestBucket } from "./bucket.js";
import { tinyModels } from "./cli.js";
import { TestPostgres } from "./postgres.js";
import { freePort, TestRedis } from "./redis.js";
import { RunningCli } from "./running-cli.js";
import { Service } from "./service.js";

/** @returns a worker that waits for work */
export function startWorker(folder: string, redis: string, more: readonly string[] = []): Promise<RunningCli> {
  return RunningCli.start(["worker", "--folder", folder, "--redis", redis, ...tinyModels, ...more], /^(worker-\S+)\n/);
}

export interface ManyOptions {
  readonly workers: number;
  /** Of each worker. */
  readonly more?: readonly string[];
  /** Of the server. */
  readonly server?: readonly string[];
}

/** One of each, and several workers; sessions in a folder, or where `SESSIONS_IN` asks for it, in a `bucket` or a `database`. */
export class Many {
  readonly workers: RunningCli[] = [];
  service!: Service;

  private constructor(
    /** Holds all that they write. */
    private readonly root: string,
    readonly redis: TestRedis,
    /** Where sessions are. */
    readonly folder: string,
    private readonly behind: TestBucket | TestPostgres | undefined,
    private readonly port: number,
    private readonly more: readonly string[],
    private readonly server: readonly string[],
  ) {}

  static async start({ workers, more = ["--lease", "3"], server = [] }: ManyOptions): Promise<Many> {
    const root = await mkdtemp(join(tmpdir(), "vqgan-clip-many-"));
    await mkdir(join(root, "redis"));
    const redis = await TestRedis.start(join(root, "redis"));
    const { folder, behind } = await place(root);
    const many = new Many(root, redis, folder, behind, await freePort(), more, server);
    await Promise.all([many.startServer(), ...Array.from({ length: workers }, () => many.startWorker())]);
    return many;
  }

  /** At the same address, with the same token. */
  async startServer(): Promise<void> {
    const launch = ["--port", String(this.port), "--token", "a-token-of-our-own-for-tests"];
    this.service = await Service.start(this.folder, { more: ["--redis", this.redis.url, ...launch, ...this.server] });
  }

  async startWorker(): Promise<RunningCli> {
    const worker = await startWorker(this.folder, this.redis.url, this.more);
    this.workers.push(worker);
    return worker;
  }

  /** It is gone at once. */
  async kill(worker: RunningCli): Promise<void> {
    this.workers.splice(this.workers.indexOf(worker), 1);
    await worker.end("SIGKILL");
  }

  async end(): Promise<void> {
    await Promise.all([this.service.end("SIGKILL"), ...this.workers.map((worker) => worker.end("SIGKILL"))]);
    await this.redis.kill();
    await this.behind?.end();
    await rm(this.root, { recursive: true, force: true });
  }
}

/** An address for sessions, and the server behind it where there is one. */
async function place(root: string): Promise<{ readonly folder: string; readonly behind?: TestBucket | TestPostgres }> {
  const { SESSIONS_IN: kind } = process.env;
  if (kind === "bucket") {
    const behind = await TestBucket.start();
    Object.assign(process.env, behind.environment); // children have it too
    return { folder: "s3://sessions/many", behind };
  }
  if (kind !== "database") return { folder: join(root, "sessions") };
  const behind = await TestPostgres.start();
  return { folder: await behind.newDatabase(), behind };
}
