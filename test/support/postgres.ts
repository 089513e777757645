/** A PostgreSQL of a test's own: on a free port, its data in a folder, gone afterwards. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { ended } from "./ended.js";
import { freePort } from "./redis.js";

/** The programs of the newest PostgreSQL that is installed as Debian does; undefined where there is none, or nobody who may run it. */
const programs: string | undefined = (() => {
  try {
    const versions = readdirSync("/usr/lib/postgresql").sort((a, b) => Number(a) - Number(b));
    return join("/usr/lib/postgresql", versions.at(-1) as string, "bin");
  } catch {
    return undefined;
  }
})();

/** Who runs it: root may not. */
const user = (() => {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { stdio: ["ignore", "pipe", "ignore"] }));
  try {
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    return undefined;
  }
})();

export const hasPostgres: boolean = programs !== undefined && user !== undefined;

export class TestPostgres {
  private child: ChildProcess | undefined;
  private databases = 0;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
  ) {}

  static async start(): Promise<TestPostgres> {
    const folder = await mkdtemp(join(tmpdir(), "vqgan-clip-postgres-"));
    if (user?.uid !== undefined) chownSync(folder, user.uid, user.gid);
    const how = ["--pgdata", folder, "--username", "test", "--auth", "trust", "--encoding", "UTF8", "--no-sync"];
    execFileSync(join(programs as string, "initdb"), [...how, "--no-locale"], {
      ...user,
      cwd: folder,
      stdio: "ignore",
    });
    const postgres = new TestPostgres(folder, await freePort());
    await postgres.restart();
    return postgres;
  }

  /** Starts it with what it has written down. */
  async restart(): Promise<void> {
    const options = ["-D", this.folder, "-p", String(this.port), "-c", "listen_addresses=127.0.0.1", "-k", this.folder];
    const child = spawn(join(programs as string, "postgres"), [...options, "-F"], {
      ...user,
      cwd: this.folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.child = child;
    let said = "";
    await new Promise<void>((done, failed) => {
      child.on("exit", (code) => failed(new Error(`postgres: exit code ${code}: ${said}`)));
      child.stderr.on("data", (part: Buffer) => {
        said += part.toString();
        if (said.includes("ready to accept connections")) done();
      });
    });
  }

  /** @returns its address */
  async newDatabase(): Promise<string> {
    const name = `of_test_${++this.databases}`;
    const client = new pg.Client(this.address("postgres"));
    await client.connect();
    await client.query(`CREATE DATABASE ${name} STRATEGY FILE_COPY`);
    await client.end();
    return this.address(name);
  }

  address(database: string): string {
    return `postgres://test@127.0.0.1:${this.port}/${database}`;
  }

  /** Ends it at once: those who are connected are cut off. */
  async stop(): Promise<void> {
    if (this.child) await ended(this.child, "SIGQUIT");
  }

  async end(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
