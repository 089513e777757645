/** The line as a server knows it: who runs from the mirror, who waits from Redis, looked at again and again. */
import type { Line } from "../line.js";
import type { Session } from "../session.js";
import type { WorkerFacts } from "./crew.js";

export class RemoteLine implements Line {
  private order: readonly string[] = [];
  /** The workers that were there when it was last looked. */
  workers: readonly WorkerFacts[] = [];

  /** @param sessions all that there are */
  constructor(private readonly sessions: () => readonly Session[]) {}

  get engines(): number {
    return this.workers.length;
  }

  get running(): readonly Session[] {
    return this.sessions().filter(({ record: { status } }) => status === "loading" || status === "running");
  }

  /** Those that Redis does not know yet come last. */
  get all(): readonly Session[] {
    const places = new Map(this.order.map((id, i) => [id, i]));
    const place = ({ id }: Session) => places.get(id) ?? places.size;
    return this.sessions()
      .filter(({ record }) => record.status === "queued")
      .sort((a, b) => place(a) - place(b) || (a.record.createdAt < b.record.createdAt ? -1 : 1));
  }

  positionOf(session: Session): number | null {
    const at = this.all.indexOf(session);
    return at < 0 ? null : at + 1;
  }

  /** @returns those whose place may be another one now */
  become(order: readonly string[], workers: readonly WorkerFacts[]): readonly Session[] {
    const changed = order.join() !== this.order.join();
    this.order = order;
    this.workers = workers;
    return changed ? this.all : [];
  }
}
