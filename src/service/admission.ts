/** Who may put one more session into the queue, and how much work a session may be. */
import { requires } from "../core/errors.js";
import type { Settings } from "../guidance/settings.js";
import { Refusal } from "./errors.js";
import type { Forecast } from "./forecast.js";
import type { Line } from "./line.js";
import { isHigher, type Priority } from "./priority.js";
import { isOutOfTime, outOfTime } from "./record.js";
import type { Session } from "./session.js";
import type { Usage } from "./usage.js";

export interface Limits {
  /** Sessions that wait at once (default 100). */
  readonly maxWaiting?: number;
  /** Steps times millions of pixels times cutouts of a session, all its frames together (default 3,000,000: half a million steps of 32 cutouts at 430x430). */
  readonly maxWork?: number;
  /** Seconds that a session may run, after which it rests (default: as long as it likes). */
  readonly maxRuntime?: number;
  /** Megabytes (10^6 bytes) that the sessions of a key may be, from which on it gets no more (default: any). */
  readonly maxStored?: number;
  /** What an owner may beside that; undefined: as much as anybody. */
  readonly allowanceOf?: (owner: string) => Allowance | undefined;
}

/** What the key of an owner allows; without a number, as much as anybody. */
export interface Allowance {
  /** Sessions that run and wait at once. */
  readonly maxSessions?: number | undefined;
  readonly maxPriority: Priority;
  /** Seconds that each of its sessions may run. */
  readonly maxRuntime?: number | undefined;
  /** Megabytes that all of its sessions may be. */
  readonly maxStored?: number | undefined;
}

/** Seconds after which to ask again, where nobody knows when there is room. */
const USUAL_WAIT = 30;
const LONGEST_WAIT = 3600;

type Owner = string | undefined;

export class Admission {
  /** Owners of sessions that are about to wait. */
  private readonly entering: Owner[] = [];

  constructor(
    private readonly line: Line,
    private readonly forecast: Forecast,
    private readonly limits: Limits,
    private readonly usage?: Pick<Usage, "of" | "reserving">,
  ) {}

  /**
   * Keeps a place while `work` puts a session of the owner into the queue.
   *
   * @param bytes that come with it
   * @throws TOO_MANY, STORAGE_FULL
   */
  async admitted<Result>(owner: Owner, work: () => Promise<Result>, bytes = 0): Promise<Result> {
    return this.storing(owner, bytes, async () => {
      this.requireRoom(owner);
      this.entering.push(owner);
      try {
        return await work();
      } finally {
        this.entering.splice(this.entering.indexOf(owner), 1);
      }
    });
  }

  /** Seconds that a session of the owner may run; undefined: as long as it likes. */
  runtimeOf(owner: Owner): number | undefined {
    return this.allowanceOf(owner)?.maxRuntime ?? this.limits.maxRuntime;
  }

  /** Bytes that the sessions of the owner may be; undefined: any. */
  storageOf(owner: Owner): number | undefined {
    const megabytes = this.allowanceOf(owner)?.maxStored ?? this.limits.maxStored;
    return owner === undefined || megabytes === undefined ? undefined : 1e6 * megabytes;
  }

  /** Does `work`, which writes so many bytes. @throws STORAGE_FULL when the owner keeps as many as it may */
  async storing<Result>(owner: Owner, bytes: number, work: () => Promise<Result>): Promise<Result> {
    const most = this.storageOf(owner);
    if (most === undefined || !this.usage) return work();
    const check = (kept: number) => {
      if (kept + bytes < most) return;
      const hint = "delete sessions and empty the bin: DELETE /v1/bin";
      throw new Refusal("STORAGE_FULL", keptOf(owner, kept, most, bytes), hint);
    };
    return this.usage.reserving(owner, bytes, check, work);
  }

  /** @throws STORAGE_FULL when the owner keeps as many bytes as it may */
  requireStorage(owner: Owner): Promise<void> {
    return this.storing(owner, 0, async () => undefined);
  }

  /** Why the sessions of the owner may take no more steps, in words; undefined when they may. What cannot be counted ends none. */
  async fullness(owner: Owner): Promise<string | undefined> {
    const most = this.storageOf(owner);
    if (most === undefined || !this.usage) return undefined;
    const kept = await this.usage.of(owner).catch(() => 0);
    return kept < most ? undefined : keptOf(owner, kept, most);
  }

  /** @throws NOT_ALLOWED when its time is over; TOO_MANY unless the session goes on already, or there is room for it */
  requireRoomFor(session: Session): void {
    requireTime(session);
    if (!session.wanted) this.requireRoom(session.record.owner);
  }

  /** @throws NOT_ALLOWED when the owner's sessions may not be so urgent */
  requirePriority(owner: Owner, priority: Priority = "normal"): void {
    const greatest = this.allowanceOf(owner)?.maxPriority ?? "high";
    if (!isHigher(priority, greatest)) return;
    throw new Refusal("NOT_ALLOWED", `priority: the key allows ${greatest}, got ${priority}`, `ask for ${greatest}`);
  }

  /** @throws OUT_OF_LIMITS */
  requireWork({ steps, size: [width, height], cutouts }: Pick<Settings, "steps" | "size" | "cutouts">): void {
    const { maxWork = 3_000_000 } = this.limits;
    const work = (steps * width * height * cutouts) / 1e6;
    const what = `${steps} steps of ${width}x${height} with ${cutouts} cutouts`;
    requires(
      work <= maxWork,
      "OUT_OF_LIMITS",
      () => `steps: ${what} are ${Number(work.toPrecision(3))} million pixels, ${maxWork} are allowed`,
      "ask for fewer steps, frames or cutouts, or a smaller picture, or serve with a larger --max-work",
    );
  }

  /** The same of a session that is to have other settings. @throws OUT_OF_LIMITS */
  requireChange({ record }: Session, { steps = record.steps }: { readonly steps?: number | undefined }): void {
    this.requireWork({ ...(record.settings as unknown as Settings), steps });
  }

  private requireRoom(owner: Owner): void {
    const { maxWaiting = 100 } = this.limits;
    const { running, all } = this.line;
    if (all.length + this.entering.length >= maxWaiting) {
      this.refuse(`${all.length} sessions wait, ${maxWaiting} may`);
    }
    const own = this.allowanceOf(owner)?.maxSessions;
    if (own === undefined) return;
    const isOwn = (session: Session) => session.record.owner === owner;
    const count = [...running, ...all].filter(isOwn).length + this.entering.filter((each) => each === owner).length;
    if (count >= own) this.refuse(`${count} sessions of ${owner} run or wait, ${own} may`);
  }

  private allowanceOf(owner: Owner): Allowance | undefined {
    return owner === undefined ? undefined : this.limits.allowanceOf?.(owner);
  }

  private refuse(message: string): never {
    const left = this.line.running.map((session) => this.forecast.secondsLeft(session) ?? USUAL_WAIT);
    const seconds = Math.ceil(Math.min(LONGEST_WAIT, Math.max(1, left.length > 0 ? Math.min(...left) : USUAL_WAIT)));
    throw new Refusal("TOO_MANY", message, "ask again later, or pause or cancel one", seconds);
  }
}

function keptOf(owner: Owner, kept: number, most: number, sent = 0): string {
  const sends = sent > 0 ? `, sends ${inMegabytes(sent)}` : "";
  return `${owner} keeps ${inMegabytes(kept)}${sends}, and may keep ${inMegabytes(most)}`;
}

const inMegabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function requireTime({ record }: Session): void {
  if (!isOutOfTime(record)) return;
  const hint = "ask whoever holds the launch's token: resumed with it, it goes on";
  throw new Refusal("NOT_ALLOWED", outOfTime(record), hint);
}
