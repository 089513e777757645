/** The workers that are there: each says so again and again, with what it is. */
import type { Redis } from "./redis.js";

export interface WorkerFacts {
  readonly name: string;
  readonly device: string;
  /** Bytes of memory that are free for a run. */
  readonly availableBytes: number;
}

export class Crew {
  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
    private readonly seconds: number,
  ) {}

  /** Says that a worker is there. @returns ends it */
  join(facts: () => WorkerFacts): () => Promise<void> {
    const beat = async () => {
      const { name } = facts();
      await this.redis.set(this.key(name), JSON.stringify(facts()), "PX", this.seconds * 1000);
      await this.redis.sadd(this.names, name);
    };
    const tell = () => void beat().catch(() => undefined); // Redis may be away for a while
    tell();
    const timer = setInterval(tell, (this.seconds * 1000) / 3);
    return async () => {
      clearInterval(timer);
      await this.redis.del(this.key(facts().name)).catch(() => undefined);
    };
  }

  async all(): Promise<WorkerFacts[]> {
    const names = await this.redis.smembers(this.names);
    if (names.length === 0) return [];
    const told = await this.redis.mget(names.map((name) => this.key(name)));
    const gone = names.filter((_, i) => told[i] === null);
    if (gone.length > 0) await this.redis.srem(this.names, ...gone);
    return told.flatMap((json) => (json ? [JSON.parse(json) as WorkerFacts] : []));
  }

  private get names(): string {
    return `${this.prefix}:workers`;
  }

  private key(name: string): string {
    return `${this.prefix}:worker:${name}`;
  }
}
