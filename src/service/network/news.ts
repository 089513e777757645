/** What happens to sessions, told by whoever has them to all servers: a stream in Redis, its last part kept. */
import type { Redis } from "./redis.js";

/** Messages that are kept for servers that were away for a moment. */
const KEPT = 20_000;

export interface News {
  /** Who tells it. */
  readonly from: string;
  readonly session: string;
  /** How often the session had been taken over, and which message of its holder this is: what is older is not news. */
  readonly epoch: number;
  readonly number: number;
  readonly type: string;
  readonly data: unknown;
}

export class NewsStream {
  private closing = false;

  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
  ) {}

  /** Waits for nobody: what is lost with Redis is read from the store later. */
  tell(news: News): void {
    const text = JSON.stringify(news);
    this.redis.xadd(this.key, "MAXLEN", "~", KEPT, "*", "news", text).catch(() => undefined);
  }

  /** Tells what comes from now on. @param reader a connection that may wait */
  async listen(reader: Redis, onNews: (news: News) => void): Promise<void> {
    const [last] = await this.redis.xrevrange(this.key, "+", "-", "COUNT", 1);
    void this.read(reader, last?.[0] ?? "0", onNews);
  }

  close(): void {
    this.closing = true;
  }

  private async read(reader: Redis, from: string, onNews: (news: News) => void): Promise<void> {
    let last = from;
    while (!this.closing) {
      try {
        const answer = await reader.xread("COUNT", 500, "BLOCK", 2000, "STREAMS", this.key, last);
        for (const [id, fields] of answer?.[0]?.[1] ?? []) {
          last = id;
          onNews(JSON.parse(fields[1] as string) as News);
        }
      } catch {
        await new Promise((done) => setTimeout(done, 200)); // Redis is away
      }
    }
  }

  private get key(): string {
    return `${this.prefix}:news`;
  }
}
