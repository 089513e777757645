/** The steps of a session's run; where it makes a film, each frame is kept with its last step, before anybody hears of it. */
import { frameOf, type StepEvent, stepsSoFar } from "../guidance/run-state.js";
import { finishedFrame } from "../video/moving-video.js";
import { beginFrame } from "../video/style-video.js";
import { Refusal } from "./errors.js";
import type { Keeper } from "./keeper.js";
import type { Platform, ServedRun } from "./platform.js";
import type { Session } from "./session.js";
import { uploadedFrame } from "./uploads.js";

export class Filming {
  constructor(
    private readonly platform: Pick<Platform, "store" | "vq" | "decode">,
    private readonly keeper: Pick<Keeper, "tell">,
  ) {}

  /** Those that remain, counted over all frames. Whoever leaves the loop finds the run between two steps. */
  steps(session: Session, run: ServedRun): AsyncIterable<StepEvent> {
    const { film } = session.record;
    if (!film) return run;
    return film.sources > 0 ? this.styled(session, run, film.sources) : this.moved(session, run);
  }

  private async *moved(session: Session, run: ServedRun): AsyncGenerator<StepEvent> {
    for await (const event of run) {
      const number = finishedFrame(run.settings, event.step);
      if (number !== undefined) await this.keep(session, run, number);
      yield event;
    }
  }

  private async *styled(session: Session, run: ServedRun, count: number): AsyncGenerator<StepEvent> {
    for (;;) {
      const number = frameOf(await run.state());
      if (await run.ending()) {
        await this.end(session, run, number); // where its last step was all that was done
        if (number >= count) return;
        await beginFrame(this.platform.vq, run, await this.source(session.id, number + 1), number + 1);
        continue;
      }
      for await (const event of run) {
        const step = stepsSoFar({ ...(await run.state()), step: event.step });
        if (await run.ending()) await this.end(session, run, number);
        yield { ...event, step };
      }
    }
  }

  /** Once for each frame. */
  private async end(session: Session, run: ServedRun, number: number): Promise<void> {
    const isKept = session.record.film?.frames.some((frame) => frame.number === number);
    if (isKept && !(await run.state()).former) return;
    await run.finishFrame();
    await this.keep(session, run, number);
  }

  private async keep(session: Session, run: ServedRun, number: number): Promise<void> {
    const { id, record } = session;
    const { film, node } = record;
    if (!film) return;
    await this.platform.store.write(id, `frame-${node}-${number}.png`, await run.toPNG());
    film.frames = [...film.frames.filter((frame) => frame.node !== node || frame.number !== number), { node, number }];
    this.keeper.tell(session);
  }

  private async source(id: string, number: number) {
    const bytes = await this.platform.store.read(id, `source-${number}`);
    if (!bytes) throw new Refusal("NOT_FOUND", `frame ${number}: its source is no more in the store`);
    return uploadedFrame(this.platform, bytes, number);
  }
}
