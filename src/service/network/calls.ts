/** Commands from servers to workers and their answers: lists in Redis. A call is done once or not at all. */
import { setTimeout as sleep } from "node:timers/promises";
import { type ErrorCode, VqganClipError } from "../../core/errors.js";
import { Refusal, type RefusalCode } from "../errors.js";
import { packed, unpacked } from "./packed.js";
import type { Redis } from "./redis.js";

/** Whom a call is for that any worker can do. */
export const ANYBODY = "anybody";

/** Seconds that a call or an answer lies before it is thrown away, and that one is waited for. */
const LIES = 300;

export interface Call {
  readonly verb: string;
  readonly session?: string | undefined;
  readonly args: readonly unknown[];
}

/** What came of it; `moved`: whoever was asked has the session no more. */
export type Outcome = { readonly value: unknown } | { readonly moved: true };

interface Question extends Call {
  readonly from: string;
  readonly number: number;
}

type Answer = { readonly number: number } & (Outcome | { readonly error: Told });

/** An error as it travels. */
interface Told {
  readonly kind: "error" | "refusal" | "unknown";
  readonly code?: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly retryAfter?: number | undefined;
}

export class Calls {
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private numbers = 0;
  private closing = false;

  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
    private readonly self: string,
  ) {}

  /**
   * @param isThere whether whoever is asked is still there
   * @throws what the command throws; NO_WORKER when whoever was asked has gone, or Redis has
   */
  async ask(to: string, call: Call, isThere: () => Promise<boolean>): Promise<Outcome> {
    const number = ++this.numbers;
    const answered = new Promise<Answer>((done) => this.waiting.set(number, done));
    try {
      const question = packed({ ...call, from: this.self, number } satisfies Question);
      await this.send(this.callsOf(to), question);
      for (let gone = 0, waited = 0; waited < LIES; waited++) {
        const answer = await Promise.race([answered, sleep(1000, undefined)]);
        if (answer) return outcomeOf(answer);
        gone = (await isThere()) ? 0 : gone + 1;
        if (gone === 0) continue;
        const wasNotBegun = (await this.redis.lrem(this.callsOf(to), 1, question)) > 0;
        if (wasNotBegun) return { moved: true };
        if (gone > 2) break;
      }
    } finally {
      this.waiting.delete(number);
    }
    const hint = "look at what the session is now, and ask again";
    throw new Refusal("NO_WORKER", `${call.verb}: whoever was doing it has gone`, hint, 2);
  }

  /** Takes answers as they come. @param reader a connection that may wait */
  async hear(reader: Redis): Promise<void> {
    await this.each(reader, [this.answersOf(this.self)], (bytes) => {
      const answer = unpacked(bytes) as Answer;
      this.waiting.get(answer.number)?.(answer);
    });
  }

  /** Does what this one is asked, and what anybody is. @param reader a connection that may wait */
  async serve(reader: Redis, work: (call: Call) => Promise<Outcome>): Promise<void> {
    await this.each(reader, [this.callsOf(this.self), this.callsOf(ANYBODY)], (bytes) => {
      const { from, number, ...call } = unpacked(bytes) as Question;
      void work(call)
        .catch((error: unknown) => ({ error: told(error) }))
        .then((outcome) => this.send(this.answersOf(from), packed({ number, ...outcome })))
        .catch(() => undefined); // then it is told that nobody answers
    });
  }

  close(): void {
    this.closing = true;
  }

  private async send(list: string, bytes: Buffer): Promise<void> {
    await this.redis.multi().rpush(list, bytes).expire(list, LIES).exec();
  }

  private async each(reader: Redis, lists: readonly string[], take: (bytes: Buffer) => void): Promise<void> {
    while (!this.closing) {
      try {
        const [, bytes] = (await reader.blpopBuffer([...lists], 2)) ?? [];
        if (bytes) take(bytes);
      } catch {
        await sleep(200); // Redis is away
      }
    }
  }

  private callsOf(name: string): string {
    return `${this.prefix}:calls:${name}`;
  }

  private answersOf(name: string): string {
    return `${this.prefix}:answers:${name}`;
  }
}

function outcomeOf(answer: Answer): Outcome {
  if ("moved" in answer) return { moved: true };
  if (!("error" in answer)) return { value: answer.value };
  const { kind, code, message, hint, retryAfter } = answer.error;
  if (kind === "error") throw new VqganClipError(code as ErrorCode, message, hint);
  if (kind === "refusal") throw new Refusal(code as RefusalCode, message, hint, retryAfter);
  throw new Error(message);
}

function told(error: unknown): Told {
  if (error instanceof VqganClipError) {
    return { kind: "error", code: error.code, message: error.message, hint: error.hint };
  }
  if (error instanceof Refusal) {
    const { code, message, hint, retryAfter } = error;
    return { kind: "refusal", code, message, hint, retryAfter };
  }
  return { kind: "unknown", message: error instanceof Error ? error.message : String(error) };
}
