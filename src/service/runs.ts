/** Runs behind sessions: opened from their files when they are needed, and kept compiled for a while. */
import { noticeText } from "../pair/notice-text.js";
import { planRun, stepFlops } from "../pair/plan.js";
import type { OpenRequest } from "../pair/requests.js";
import { createVideo, type VideoRequest } from "../video/moving-video.js";
import { createStyle, type StyleRequest } from "../video/style-video.js";
import type { Platform, ServedRun, Source } from "./platform.js";
import type { EditAsked, ForkAsked, ImagePromptAsked, PictureAsked } from "./requests.js";
import type { Session } from "./session.js";
import {
  imageTargets,
  readUploads,
  requireTogether,
  type Uploads,
  uploaded,
  uploadedFrame,
  uploadedMask,
} from "./uploads.js";

/** Compiled runs take memory: the one that runs, and the one that somebody looks at. */
const MOST_HELD = 2;
/** Steps between two states that are kept, to go back to, where a request does not say. */
const KEEP_EVERY = 25;

export class Runs {
  /** Those used last come last. */
  private readonly held = new Map<string, ServedRun>();

  constructor(
    private readonly platform: Platform,
    private readonly tell: (session: Session, notice: string) => void,
  ) {}

  /** The session's run, as its files say where it is not at hand. */
  async of(session: Session): Promise<ServedRun> {
    const run = this.held.get(session.id) ?? (await this.opened(session));
    await this.hold(session, run);
    return run;
  }

  /** The run that is at hand, where there is one. */
  heldOf({ id }: Session): ServedRun | undefined {
    return this.held.get(id);
  }

  /** From now on this is the session's run. */
  async hold(session: Session, run: ServedRun): Promise<void> {
    const former = this.held.get(session.id);
    this.held.delete(session.id);
    this.held.set(session.id, run);
    if (former && former !== run) await former.dispose();
    for (const [id, other] of this.held) {
      if (this.held.size <= MOST_HELD) break;
      if (other.status === "running" || id === session.id) continue;
      this.held.delete(id);
      await other.dispose();
    }
  }

  async drop(session: Session): Promise<void> {
    const run = this.held.get(session.id);
    this.held.delete(session.id);
    await run?.dispose().catch(() => undefined); // its engine may have fallen
  }

  /** A run that begins as the request says. @throws BAD_ARGUMENT, BAD_PROMPT, BAD_IMAGE, OUT_OF_LIMITS */
  async begun(
    { imagePrompts, group: _, priority: _priority, video, style, ...request }: Record<string, unknown>,
    uploads: Uploads,
    heard?: Session,
  ): Promise<ServedRun> {
    const { platform } = this;
    const { image, mask, start, prompts, frames = [] } = uploads;
    requireTogether({ video, style, rect: request.rect, keepEvery: request.keepEvery }, uploads);
    const targets = await imageTargets(platform, imagePrompts as readonly ImagePromptAsked[] | undefined, prompts);
    const listening = heard && { onNotice: this.listener(heard) };
    const told = { keepEvery: KEEP_EVERY, ...request, ...(targets.length > 0 && { targets }), ...listening };
    if (frames[0]) {
      const { keepEvery: __, ...styled } = told; // steps of one frame are no place to go back to
      const { fps: ___, ...temporal } = (style ?? {}) as NonNullable<EditAsked["style"]>;
      const first = await uploadedFrame(platform, frames[0], 1);
      return createStyle(platform.vq, first, { ...(styled as StyleRequest<Source>), temporal: defined(temporal) });
    }
    if (image) {
      const drawn = mask && (await uploadedMask(platform, mask));
      const picture = await uploaded(platform, image, "image");
      return platform.vq.edit({ ...told, image: picture, ...(drawn && { mask: drawn }) });
    }
    const begun = { ...told, ...(start && { initImage: await uploaded(platform, start, "start") }) };
    if (!video) return platform.vq.create(begun);
    const { fps: ____, ...motion } = video as NonNullable<PictureAsked["video"]>;
    return createVideo(platform.vq, { ...begun, ...defined(motion) } as VideoRequest<Source>);
  }

  /** Bytes that a run will take at its peak, and the arithmetic of a step: from its graph alone. */
  costOf({ settings }: ServedRun): { readonly peakBytes: number; readonly stepFlops: number } {
    const { convolution, matrix } = stepFlops(this.platform.vq, settings);
    return { peakBytes: planRun(this.platform.vq, settings, {}).peakBytes, stepFlops: convolution + matrix };
  }

  /** What the models would not read of a run's prompts, in words. */
  textNotices({ settings }: ServedRun): string[] {
    return this.platform.vq.textNotices(settings).map(noticeText);
  }

  /** Another run out of the session's file. @throws BAD_ARGUMENT, BAD_PROMPT */
  reopened(session: Session, request: Omit<ForkAsked, "resume"> = {}): Promise<ServedRun> {
    return this.platform.open(session.id, { ...request, onNotice: this.listener(session) } as OpenRequest);
  }

  private async opened(session: Session): Promise<ServedRun> {
    const { id, record } = session;
    const { store } = this.platform;
    if (await store.has(id, "session.vqclip")) return this.reopened(session);
    return this.begun(record.request, await readUploads(store, id), session);
  }

  private listener(session: Session) {
    return (notice: Parameters<typeof noticeText>[0]) => this.tell(session, noticeText(notice));
  }
}

/** What was asked for: the rest is as without it. */
function defined<Asked extends object>(asked: Asked): { [Name in keyof Asked]: Exclude<Asked[Name], undefined> } {
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof defined<Asked>
  >;
}
