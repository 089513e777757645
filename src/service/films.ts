/** What is seen of films: their frames, one by one or all together, and files that play. */
import { Zip, ZipPassThrough } from "fflate";
import { Refusal } from "./errors.js";
import { framesOn, frameTotal } from "./film.js";
import type { FilmFormat } from "./platform.js";
import type { Session } from "./session.js";
import type { Sessions } from "./sessions.js";
import { wayTo } from "./views.js";

/** Files that are kept for those who ask again: writing one takes seconds. */
const MOST_KEPT = 2;

export class Films {
  private readonly written = new Map<string, Promise<Uint8Array>>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly sessions: Sessions) {}

  /** A finished frame as a PNG with its story. @param number 1 for the first @throws NOT_FOUND */
  async frame(id: string, number: number): Promise<Uint8Array> {
    const session = this.sessions.find(id);
    const frame = framesOn(session.record, wayTo(session.record)).find((each) => each.number === number);
    const png = frame && (await this.sessions.store.read(id, `frame-${frame.node}-${number}.png`));
    if (!png) throw new Refusal("NOT_FOUND", `there is no frame ${number}`);
    return png;
  }

  /** All finished frames as a ZIP, which is made as it is read. @throws CONFLICT before the first */
  zip(id: string): ReadableStream<Uint8Array> {
    const numbers = this.finished(this.sessions.find(id));
    const digits = String(numbers.at(-1)).length;
    let next = 0;
    let zip: Zip;
    return new ReadableStream({
      start: (to) => {
        zip = new Zip((error, part, isLast) => {
          if (error) return to.error(error);
          to.enqueue(part);
          if (isLast) to.close();
        });
      },
      pull: async () => {
        const number = numbers[next++];
        if (number === undefined) return zip.end();
        const entry = new ZipPassThrough(`frame-${String(number).padStart(Math.max(5, digits), "0")}.png`);
        zip.add(entry);
        entry.push(await this.frame(id, number), true);
      },
    });
  }

  /**
   * The finished frames as one file that plays; one is written at a time.
   *
   * @throws CONFLICT before the first frame, or where the format cannot be written; IO_FAILED, OUT_OF_LIMITS
   */
  async video(id: string, format: FilmFormat): Promise<Uint8Array> {
    const session = this.sessions.find(id);
    const { node, film } = session.record;
    const numbers = this.finished(session);
    await this.requireFormat(format);
    const key = `${id} ${node} ${numbers.length} ${film?.fps} ${format}`;
    const known = this.written.get(key);
    if (known) return known;
    const written = this.last.then(() => this.write(id, numbers, format, film?.fps as number));
    this.last = written.catch(() => this.written.delete(key));
    this.written.set(key, written);
    for (const other of [...this.written.keys()].slice(0, -MOST_KEPT)) this.written.delete(other);
    return written;
  }

  private async write(id: string, numbers: readonly number[], format: FilmFormat, fps: number): Promise<Uint8Array> {
    const { films } = this.sessions.platform;
    const frames = async function* (this: Films) {
      for (const number of numbers) yield await this.frame(id, number);
    };
    return (films as NonNullable<typeof films>).write(frames.call(this), format, fps);
  }

  private async requireFormat(format: FilmFormat): Promise<void> {
    const formats = (await this.sessions.platform.films?.formats()) ?? [];
    if (formats.includes(format)) return;
    const hint =
      formats.length > 0
        ? `install ffmpeg where the service runs and ask again, or take ${formats.join(", ")} or the frames`
        : "take the frames";
    throw new Refusal("CONFLICT", `${format}: no ffmpeg was found that could write it`, hint);
  }

  private finished({ record }: Session): number[] {
    if (frameTotal(record) === 0) throw new Refusal("CONFLICT", "the session is of one picture, not of frames");
    const numbers = framesOn(record, wayTo(record)).map(({ number }) => number);
    if (numbers.length === 0) throw new Refusal("CONFLICT", "there is no frame yet", "wait for the first");
    return numbers;
  }
}
