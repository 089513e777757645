/** New sessions: what one would need, and its making. */
import * as z from "zod";
import { noticeText } from "../pair/notice-text.js";
import type { Notice } from "../pair/options.js";
import { USUAL_FPS } from "./film.js";
import type { Forecast } from "./forecast.js";
import { allSteps, newRecord, type SessionRecord } from "./record.js";
import { Repeats, repeatableBy } from "./repeats.js";
import type { EditAsked, PictureAsked } from "./requests.js";
import { Session } from "./session.js";
import type { Sessions } from "./sessions.js";
import { bytesOf, checkFrames, type Uploads, writeUploads } from "./uploads.js";
import type { SessionView } from "./views.js";
import type { Warmth } from "./warmth.js";

const seconds = z.number().nullable();

/** What a session would need. */
export const planSchema = z.object({
  size: z.tuple([z.int(), z.int()]),
  steps: z.int(),
  peakBytes: z.number().describe("predicted peak of the whole process"),
  availableBytes: z.number().describe("free now"),
  stepSeconds: seconds.describe("null until a step was taken on this machine"),
  seconds: seconds.describe("of all its steps"),
  waitSeconds: seconds.describe("before its turn"),
  warnings: z
    .array(z.looseObject({ kind: z.string(), message: z.string() }))
    .describe("what would not be done as asked: unknown words, text that is cut, masks of all, memory"),
});
export type SessionPlan = z.infer<typeof planSchema>;

export class Making {
  private readonly repeats = new Repeats(() => this.sessions.all);

  constructor(
    private readonly sessions: Sessions,
    private readonly forecast: Forecast,
    private readonly warmth?: Warmth,
  ) {}

  /**
   * A picture to make, or with an image one to edit: it waits for its turn.
   *
   * @param key of the client's: the same request by it makes no second session
   * @throws BAD_ARGUMENT, BAD_PROMPT, BAD_IMAGE, OUT_OF_LIMITS, TOO_MANY, NOT_ALLOWED, STORAGE_FULL, REUSED_KEY
   */
  async create(
    asked: PictureAsked | EditAsked,
    uploads: Uploads = {},
    { owner, key }: { readonly owner?: string | undefined; readonly key?: string | undefined } = {},
  ): Promise<SessionView> {
    const { admission, keeper } = this.sessions;
    admission.requirePriority(owner, asked.priority);
    const repeatable = key === undefined ? undefined : await repeatableBy(key, asked, uploads);
    const make = () =>
      admission.admitted(owner, () => this.made(asked, uploads, { owner, repeatable }), bytesOf(uploads));
    return keeper.view(await (repeatable ? this.repeats.once(owner, repeatable, make) : make()));
  }

  /** The session that an owner's key has made. */
  madeBy(owner: string | undefined, key: string): SessionView | undefined {
    const session = this.repeats.find(owner, key);
    return session && this.sessions.keeper.view(session);
  }

  /** What the same would need; nothing is made. It may well be asked for: where that is wanted, it is loaded meanwhile. @throws BAD_ARGUMENT, BAD_PROMPT, BAD_IMAGE */
  async plan(asked: PictureAsked | EditAsked, uploads: Uploads = {}): Promise<SessionPlan> {
    const { runs, platform } = this.sessions;
    const { run, film } = await this.begun(asked, uploads);
    const steps = allSteps({ film }, run.settings);
    const { size } = run.settings;
    const { peakBytes, stepFlops } = runs.costOf(run);
    const availableBytes = platform.availableBytes();
    const stepSeconds = this.forecast.stepSeconds({ stepFlops });
    const notices: Notice[] = [...run.notices, ...platform.vq.textNotices(run.settings)];
    if (peakBytes > availableBytes) notices.push({ kind: "memory", peakBytes, availableBytes });
    else if (2 * peakBytes <= availableBytes) this.warmth?.offer(run); // another one has room beside it
    return {
      size,
      steps,
      peakBytes,
      availableBytes,
      stepSeconds,
      seconds: stepSeconds === null ? null : stepSeconds * steps,
      waitSeconds: this.forecast.secondsAhead(),
      warnings: notices.map((notice) => ({ ...notice, message: noticeText(notice).replace(/^note: /, "") })),
    };
  }

  private async made(
    asked: PictureAsked | EditAsked,
    uploads: Uploads,
    whose: Pick<SessionRecord, "owner" | "repeatable">,
  ): Promise<Session> {
    const { runs, store, keeper, turns, admission } = this.sessions;
    const { run, film, kind } = await this.begun(asked, uploads);
    const id = store.newId();
    const { priority } = asked;
    const maxSeconds = admission.runtimeOf(whose.owner);
    const facts = {
      id,
      kind,
      ...(priority && { priority }),
      ...(film && { film }),
      ...(maxSeconds !== undefined && { maxSeconds }),
      request: asked,
      promptImages: uploads.prompts?.length ?? 0,
    };
    const session = new Session(newRecord({ ...facts, ...whose, settings: run.settings, ...runs.costOf(run) }));
    await store.make(id);
    await writeUploads(store, id, uploads);
    await store.writeRecord(session.record);
    this.sessions.add(session);
    turns.enqueue(session);
    keeper.tell(session);
    return session;
  }

  /** What is asked for as a run, within limits. */
  private async begun(asked: PictureAsked | EditAsked, uploads: Uploads) {
    const { runs, admission, platform } = this.sessions;
    const { image, frames = [] } = uploads;
    const { video, style } = asked as EditAsked;
    const run = await runs.begun(asked, uploads);
    const isFilm = video !== undefined || frames.length > 0;
    const fps = video?.fps ?? style?.fps ?? USUAL_FPS;
    const film = isFilm ? { fps, sources: frames.length, frames: [] } : undefined;
    admission.requireWork({ ...run.settings, steps: allSteps({ film }, run.settings) });
    await checkFrames(platform, frames);
    const kind: SessionRecord["kind"] = frames.length > 0 ? "style" : video ? "video" : image ? "edit" : "create";
    return { run, film, kind };
  }
}
