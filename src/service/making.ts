/** New sessions: what one would need, and its making. */
import { z } from "zod";
import { noticeText } from "../pair/notice-text.js";
import type { Notice } from "../pair/options.js";
import type { Forecast } from "./forecast.js";
import { newRecord } from "./record.js";
import type { EditAsked, PictureAsked } from "./requests.js";
import { Session } from "./session.js";
import type { Sessions } from "./sessions.js";
import { type Uploads, writeUploads } from "./uploads.js";
import type { SessionView } from "./views.js";

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
  constructor(
    private readonly sessions: Sessions,
    private readonly forecast: Forecast,
  ) {}

  /** A picture to make, or with an image one to edit: it waits for its turn. @throws BAD_ARGUMENT, BAD_PROMPT, BAD_IMAGE */
  async create(asked: PictureAsked | EditAsked, uploads: Uploads = {}): Promise<SessionView> {
    const { runs, store, keeper, worker } = this.sessions;
    const run = await runs.begun(asked, uploads);
    const id = store.newId();
    const kind = uploads.image ? "edit" : "create";
    const facts = { id, kind, request: asked, promptImages: uploads.prompts?.length ?? 0 } as const;
    const session = new Session(newRecord({ ...facts, settings: run.settings, ...runs.costOf(run) }));
    await store.make(id);
    await writeUploads(store, id, uploads);
    await store.writeRecord(session.record);
    this.sessions.add(session);
    worker.enqueue(session);
    keeper.tell(session);
    return keeper.view(session);
  }

  /** What the same would need; nothing is made, no model runs. @throws BAD_ARGUMENT, BAD_PROMPT, BAD_IMAGE */
  async plan(asked: PictureAsked | EditAsked, uploads: Uploads = {}): Promise<SessionPlan> {
    const { runs, platform } = this.sessions;
    const run = await runs.begun(asked, uploads);
    const { size, steps } = run.settings;
    const { peakBytes, stepFlops } = runs.costOf(run);
    const availableBytes = platform.availableBytes();
    const stepSeconds = this.forecast.stepSeconds({ stepFlops });
    const notices: Notice[] = [...run.notices, ...platform.vq.textNotices(run.settings)];
    if (peakBytes > availableBytes) notices.push({ kind: "memory", peakBytes, availableBytes });
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
}
