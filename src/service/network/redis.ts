/** Redis, and what speaks to it: optional packages, loaded when they are asked for. */
import type { Redis } from "ioredis";
import { VqganClipError } from "../../core/errors.js";
import { loadPeer } from "./peers.js";

export type { Redis } from "ioredis";

/** @throws BAD_ARGUMENT with the line that installs them */
export async function loadBullmq(): Promise<typeof import("bullmq")> {
  return loadPeer("bullmq", "--redis", () => import("bullmq"));
}

export class RedisServer {
  private readonly open: Redis[] = [];

  private constructor(
    private readonly ioredis: Pick<typeof import("ioredis"), "Redis">,
    readonly url: string,
  ) {}

  /** @throws BAD_ARGUMENT, IO_FAILED when nobody answers there */
  static async at(url: string): Promise<RedisServer> {
    if (!/^rediss?:\/\/./.test(url)) {
      const hint = "such as redis://127.0.0.1:6379";
      throw new VqganClipError(
        "BAD_ARGUMENT",
        `--redis: expected redis://HOST:PORT, got ${withoutPassword(url)}`,
        hint,
      );
    }
    const server = new RedisServer(await loadPeer("ioredis", "--redis", () => import("ioredis")), url);
    const first = server.connection();
    try {
      await first.ping();
    } catch (cause) {
      server.close();
      throw new VqganClipError("IO_FAILED", ...refusal(withoutPassword(url), cause as Error), { cause });
    }
    return server;
  }

  /** Comes back by itself. @param patient waits for a server that is away, where others fail at once */
  connection({ patient = false } = {}): Redis {
    const connection = new this.ioredis.Redis(this.url, {
      maxRetriesPerRequest: patient ? null : 1,
      connectTimeout: 2000,
      retryStrategy: (tries) => Math.min(1000, 100 * tries),
    });
    connection.on("error", () => undefined); // whoever asks is told; nobody else
    this.open.push(connection);
    return connection;
  }

  close(): void {
    for (const connection of this.open) connection.disconnect();
  }
}

/** What is wrong, and what would help. */
function refusal(url: string, { name, message }: Error): [message: string, hint: string] {
  const [code] = message.split(" ");
  if (name !== "ReplyError") {
    const hint = "start redis-server, or name another --redis; without a password it answers its own machine alone";
    return [`--redis: nobody answers at ${url}`, hint];
  }
  if (code === "NOAUTH")
    return [`--redis: ${url} wants a password`, "redis://:PASSWORD@HOST:PORT, in VQGAN_CLIP_REDIS"];
  return [`--redis: ${url} refuses: ${message}`, "is the password right, and is it that server's?"];
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//");
}
