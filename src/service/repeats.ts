/** Requests that a client repeats because it does not know whether the first one arrived: they make one session. */
import { sha256Of } from "../core/bytes.js";
import { concatenate } from "../image/png-chunks.js";
import { Refusal } from "./errors.js";
import type { SessionRecord } from "./record.js";
import type { Session } from "./session.js";
import type { Uploads } from "./uploads.js";

type Repeatable = NonNullable<SessionRecord["repeatable"]>;

/** What a request is told by: whoever sends it chooses the key, the sum is of all that came. */
export async function repeatableBy(
  key: string,
  asked: object,
  { image, mask, start, prompts = [], frames = [] }: Uploads,
): Promise<Repeatable> {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [encoder.encode(JSON.stringify([asked, prompts.length]))];
  for (const part of [image, mask, start, ...prompts, ...frames]) {
    parts.push(encoder.encode(`\n${part?.length ?? "none"}\n`)); // where one ends and the next begins
    if (part) parts.push(part);
  }
  return { key, sha256: await sha256Of(concatenate(parts)) };
}

export class Repeats {
  /** Those that are being made. */
  private readonly making = new Map<string, { readonly sha256: string; readonly session: Promise<Session> }>();

  /** @param all sessions there are: what was asked for before the last start is written down with them */
  constructor(private readonly all: () => readonly Session[]) {}

  /** The session that an owner's key has made; undefined when there is none, or when it was deleted. */
  find(owner: string | undefined, key: string): Session | undefined {
    return this.all().find(({ record }) => record.owner === owner && record.repeatable?.key === key);
  }

  /** What the key has made, or is making, or else what `make` does. @throws REUSED_KEY when something else was asked by it */
  async once(owner: string | undefined, { key, sha256 }: Repeatable, make: () => Promise<Session>): Promise<Session> {
    const slot = JSON.stringify([owner, key]);
    const made = this.find(owner, key);
    const former = made ? { sha256: made.record.repeatable?.sha256, session: made } : this.making.get(slot);
    if (former) {
      if (former.sha256 === sha256) return former.session;
      const hint = "a new request needs a new key";
      throw new Refusal("REUSED_KEY", `Idempotency-Key: ${key} came with another request before`, hint);
    }
    const session = make().finally(() => this.making.delete(slot));
    this.making.set(slot, { sha256, session });
    return session;
  }
}
