/** Who has which session now: a key in Redis that its holder renews. It keeps order; what fences is the store. */
import type { Redis } from "./redis.js";

/** Renews one's own, takes one that is gone (Redis may have forgotten it), and says 0 when another has it. */
const RENEW = `
local holder = redis.call("get", KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call("set", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1`;

const RELEASE = `if redis.call("get", KEYS[1]) == ARGV[1] then redis.call("del", KEYS[1]) end return 1`;

export class Leases {
  /** What to do when one is lost. */
  private readonly held = new Map<string, () => void>();
  private readonly beat: NodeJS.Timeout;

  /** @param self the name of this process @param seconds after which one that is not renewed is over */
  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
    readonly self: string,
    private readonly seconds: number,
  ) {
    this.beat = setInterval(() => void this.renew(), (seconds * 1000) / 3);
  }

  /** @param onLost told once, when another has it after all @returns whether it is ours now */
  async take(id: string, onLost: () => void): Promise<boolean> {
    if (this.held.has(id)) return false;
    this.held.set(id, onLost);
    const answer = await this.redis
      .set(this.key(id), this.self, "PX", this.seconds * 1000, "NX")
      .catch((error: unknown) => {
        this.held.delete(id);
        throw error;
      });
    if (answer !== "OK") this.held.delete(id);
    return answer === "OK";
  }

  async release(id: string): Promise<void> {
    this.held.delete(id);
    await this.redis.eval(RELEASE, 1, this.key(id), this.self).catch(() => undefined); // then it runs out
  }

  async holderOf(id: string): Promise<string | undefined> {
    return (await this.redis.get(this.key(id))) ?? undefined;
  }

  /** Of each, in their order. */
  async holdersOf(ids: readonly string[]): Promise<(string | null)[]> {
    return ids.length === 0 ? [] : this.redis.mget(ids.map((id) => this.key(id)));
  }

  close(): void {
    clearInterval(this.beat);
  }

  private async renew(): Promise<void> {
    for (const [id, onLost] of [...this.held]) {
      const milliseconds = String(this.seconds * 1000);
      const answer = await this.redis.eval(RENEW, 1, this.key(id), this.self, milliseconds).catch(() => undefined);
      if (answer !== 0 || !this.held.delete(id)) continue; // without Redis one goes on, until the store refuses
      onLost();
    }
  }

  private key(id: string): string {
    return `${this.prefix}:held:${id}`;
  }
}
