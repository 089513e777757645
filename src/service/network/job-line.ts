/** The line of sessions that wait for an engine, in BullMQ: who is next, and who takes it over from a worker that is gone. */
import type { Job, Queue, Worker } from "bullmq";
import { type Priority, rankOf } from "../priority.js";
import { loadBullmq, type RedisServer } from "./redis.js";

/** What becomes of a session's place: it is done, goes on at once with whoever is free, or is looked at again soon. */
export type Taken = "done" | "again" | "later";

/** Milliseconds after which a session is looked at again that somebody else still has. */
const LATER = 500;
const NAME = "sessions";
/** BullMQ takes the lowest number first, of at most 2^21: those of a rank are so many times the rank, and the round. */
const ROUNDS = 600_000;

interface Waiting {
  readonly owner: string | null;
  readonly priority?: Priority | undefined;
}

export class JobLine {
  private constructor(
    private readonly bullmq: typeof import("bullmq"),
    private readonly server: RedisServer,
    private readonly prefix: string,
    private readonly queue: Queue<Waiting>,
  ) {}

  /** @throws BAD_ARGUMENT when BullMQ is not installed */
  static async open(server: RedisServer, prefix: string): Promise<JobLine> {
    const bullmq = await loadBullmq();
    const queue = new bullmq.Queue<Waiting>(NAME, { connection: server.connection(), prefix });
    queue.on("error", () => undefined); // whoever asks is told
    return new JobLine(bullmq, server, prefix, queue);
  }

  /** Behind all others of its owner that are as urgent, unless it is there already. */
  async post(id: string, owner?: string, urgency?: Priority): Promise<void> {
    const data = { owner: owner ?? null, ...(urgency && { priority: urgency }) };
    const priority = numberAmong(await this.waiting(), data.owner, rankOf(urgency).rank);
    await this.queue.add("session", data, { jobId: id, priority, removeOnComplete: true, removeOnFail: true });
  }

  /** Who has waited for long moves up, see `rankOf`. @param now milliseconds since 1970 */
  async moveUp(now = Date.now()): Promise<void> {
    for (const job of await this.waiting()) {
      const { rank } = rankOf(job.data.priority, now - job.timestamp);
      if (!(rank < Math.floor(job.priority / ROUNDS))) continue;
      const priority = numberAmong(await this.waiting(), job.data.owner, rank);
      await job.changePriority({ priority }).catch(() => undefined); // it is done by now
    }
  }

  /** It waits no more; nothing when it does not, or when somebody has it. */
  async remove(id: string): Promise<void> {
    await this.queue.remove(id).catch(() => undefined); // its holder looks at its record first
  }

  /** Ids of those that wait, from the first to the last. */
  async order(): Promise<string[]> {
    return (await this.waiting()).map(({ id }) => id as string);
  }

  /** Ids of all that wait or that somebody has. */
  async all(): Promise<Set<string>> {
    const jobs = await this.queue.getJobs(["wait", "prioritized", "delayed", "active"]);
    return new Set(jobs.flatMap((job) => job?.id ?? []));
  }

  /**
   * Takes one after the other.
   *
   * @param seconds after which the next worker gets what this one has, when nothing is heard of it any more
   * @returns takes no more, and ends once the last one is given back
   */
  take(seconds: number, work: (id: string) => Promise<Taken>): () => Promise<void> {
    const { DelayedError, WaitingError, Worker: Taker } = this.bullmq;
    const worker: Worker<Waiting> = new Taker<Waiting>(
      NAME,
      async (job, token) => {
        const taken = await work(job.id as string);
        if (taken === "done") return;
        if (taken === "again") {
          await job.moveToWait(token);
          throw new WaitingError();
        }
        await job.moveToDelayed(Date.now() + LATER, token);
        throw new DelayedError();
      },
      {
        connection: this.server.connection({ patient: true }),
        prefix: this.prefix,
        concurrency: 1,
        lockDuration: seconds * 1000,
        stalledInterval: seconds * 500,
        maxStalledCount: 1_000_000, // a run that ends its engine again and again is counted where it runs
        drainDelay: 1,
      },
    );
    worker.on("error", () => undefined); // Redis is away; it comes back by itself
    return async () => {
      await worker.pause(true);
      await worker.close();
    };
  }

  async close(): Promise<void> {
    await this.queue.close().catch(() => undefined);
  }

  private async waiting(): Promise<Job<Waiting>[]> {
    const [ahead, others] = await Promise.all([
      this.queue.getJobs(["wait"], 0, -1, true),
      this.queue.getJobs(["prioritized"], 0, -1, true),
    ]);
    return [...ahead, ...others].filter((job) => job?.id !== undefined); // one may be gone by now
  }
}

/**
 * Owners take turns: each one's next session has a number one higher than its last that waits and has the rank, or that of
 * whoever has the rank and waits first.
 */
function numberAmong(waiting: readonly Job<Waiting>[], owner: string | null, rank: number): number {
  const ranked = waiting.filter(({ priority }) => priority > 0 && Math.floor(priority / ROUNDS) === rank);
  const first = Math.min(...ranked.map(({ priority }) => priority));
  const own = ranked.filter(({ data }) => data.owner === owner).map(({ priority }) => priority + 1);
  const start = rank * ROUNDS + 1;
  return Math.min(Math.max(ranked.length > 0 ? first : start, ...own), start + ROUNDS - 2);
}
