/** Pictures on the way: at most two a second, the latest wins; each is a file that never changes. */
import type { NDArray } from "../core/ndarray.js";
import type { Platform } from "./platform.js";
import type { Session } from "./session.js";

const INTERVAL = 500;
/** Files that a session keeps: of more, every second one goes, so that what stays is evenly spread. */
const MOST_FRAMES = 240;

/** Those that stay, the last one always. */
export function thinned<Frame>(frames: Frame[]): Frame[] {
  if (frames.length <= MOST_FRAMES) return frames;
  const last = frames.length - 1;
  return frames.filter((_, i) => i % 2 === 0 || i === last);
}

export class Previews {
  /** Weak: a session that is gone is forgotten here too. */
  private readonly busy = new WeakSet<Session>();
  private readonly shownAt = new WeakMap<Session, number>();

  constructor(private readonly platform: Pick<Platform, "store" | "encodePreview">) {}

  /** A picture of a step; nothing when one was shown just now. Waits for nobody. */
  offer(session: Session, step: number, picture: NDArray): void {
    const now = performance.now();
    if (this.busy.has(session) || now - (this.shownAt.get(session) ?? Number.NEGATIVE_INFINITY) < INTERVAL) return;
    this.shownAt.set(session, now);
    this.busy.add(session);
    this.show(session, step, picture)
      .catch(() => undefined) // a full disk costs a preview, never the run
      .finally(() => this.busy.delete(session));
  }

  /** A picture that counts: where a session rests. */
  async show(session: Session, step: number, picture: NDArray): Promise<void> {
    const { id, record } = session;
    const { node } = record;
    const frame = { node, step };
    if (record.frames.some((former) => former.node === node && former.step === step)) return;
    const { store } = this.platform;
    await store.writePreview(id, node, step, await this.platform.encodePreview(picture));
    record.frames.push(frame);
    const [, height, width] = picture.shape;
    session.events.publish("preview", { ...frame, url: store.previewUrl(id, node, step), width, height });
    await this.thin(session);
  }

  private async thin({ id, record }: Session): Promise<void> {
    const kept = thinned(record.frames);
    const goes = record.frames.filter((frame) => !kept.includes(frame));
    record.frames = kept;
    for (const { node, step } of goes) await this.platform.store.removePreview(id, node, step);
  }
}
