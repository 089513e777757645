/** What servers and workers that work together have in common: the folder, the models, Redis, and names of their own. */
import { createHash, randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { type PretrainedOptions, VqganClip } from "../../vqgan-clip.js";
import { platformOn } from "../on-node.js";
import type { Platform } from "../platform.js";
import { SharedFolder, type SharedStore } from "../shared-store.js";
import { agree } from "./agreement.js";
import { Calls } from "./calls.js";
import { Crew } from "./crew.js";
import { JobLine } from "./job-line.js";
import { Leases } from "./leases.js";
import { NewsStream } from "./news.js";
import { isAddress, ObjectStore } from "./object-store.js";
import { RedisServer } from "./redis.js";

export interface PartyOptions {
  /** Address of Redis. */
  readonly redis: string;
  /** Where sessions live: the same folder for all, by whatever path, a bucket, `s3://BUCKET/PREFIX`, or a database, `postgres://...`. */
  readonly folder: string;
  /** The same for all. */
  readonly models: PretrainedOptions;
  /** Seconds after which a process that is not heard of any more has nothing any more (default 15). */
  readonly lease?: number;
}

export interface Party {
  /** Of this process, as others know it. */
  readonly self: string;
  readonly platform: Platform & { readonly store: SharedStore };
  readonly redis: RedisServer;
  /** Seconds after which a process that is not heard of any more has nothing any more. */
  readonly lease: number;
  readonly leases: Leases;
  readonly crew: Crew;
  readonly news: NewsStream;
  readonly calls: Calls;
  readonly line: JobLine;
  close(): Promise<void>;
}

/**
 * Opens all of it. What they say to each other has the folder's name in it: those who have another do not meet.
 *
 * @throws BAD_ARGUMENT, BAD_MODEL when those who are there have other models, IO_FAILED when the folder or Redis cannot be used
 */
export async function joinParty(role: "server" | "worker", options: PartyOptions): Promise<Party> {
  const { folder, models, lease = 15 } = options;
  const redis = await RedisServer.at(options.redis);
  const vq = await VqganClip.fromPretrained({ ...models, isolate: true });
  const store: SharedStore = await (isAddress(folder) ? ObjectStore.open(folder) : SharedFolder.share(folder));
  const weights = JSON.stringify((await vq.identities()).map(({ role: of, sha256 }) => [of, sha256]));
  const mark = createHash("sha256").update(weights).digest("hex").slice(0, 12);
  const prefix = `vqgan-clip:${store.name}`;
  const self = `${role}-${hostname()}-${process.pid}-${randomBytes(3).toString("hex")}`;
  const commands = redis.connection();
  const endAgreeing = await agree(commands, prefix, mark, lease).catch(async (error: unknown) => {
    await store.close();
    redis.close();
    throw error;
  });
  const platform = platformOn(vq, store, models);
  const leases = new Leases(commands, prefix, self, lease);
  const news = new NewsStream(commands, prefix);
  const calls = new Calls(commands, prefix, self);
  const line = await JobLine.open(redis, prefix);
  return {
    self,
    platform,
    redis,
    lease,
    leases,
    crew: new Crew(commands, prefix, lease),
    news,
    calls,
    line,
    close: async () => {
      endAgreeing();
      leases.close();
      news.close();
      calls.close();
      platform.close();
      await store.close();
      await line.close();
      redis.close();
    },
  };
}
