/** What is seen of sessions without changing them: pictures, previews, masks, the session's file. */
import { resizePicture } from "../image/resize.js";
import { rectangleMask } from "../masks/mask.js";
import { maskPng } from "../masks/mask-png.js";
import { Refusal } from "./errors.js";
import type { MaskAsked } from "./requests.js";
import { refuseUnbegun, type Sessions } from "./sessions.js";
import { type ShapeFile, shapeOf } from "./shapes.js";
import { timelapseDelays, timelapseFrames } from "./timelapse.js";
import { uploaded } from "./uploads.js";

/** Pixels of an image prompt's longer side, as it is shown. */
const PROMPT_SIDE = 512;

export class Pictures {
  constructor(private readonly sessions: Sessions) {}

  /** Its picture as it is now, as a PNG with its story. @throws CONFLICT before its first step */
  async picture(id: string): Promise<Uint8Array> {
    const kept = await this.kept(id);
    if (kept) return kept;
    return this.sessions.interrupting(id, async (session) => {
      refuseUnbegun(session);
      const run = await this.sessions.runs.of(session);
      return run.toPNG();
    });
  }

  /** Its picture, where the one in the store is of where it stands. */
  protected async kept(id: string): Promise<Uint8Array | undefined> {
    const { record } = this.sessions.find(id);
    const isCurrent = record.picture?.node === record.node && record.picture.step === record.step;
    return isCurrent ? this.sessions.store.read(id, "picture.png") : undefined;
  }

  /** Its `.vqclip`. @throws CONFLICT before its first step */
  async archive(id: string): Promise<Uint8Array> {
    const { runs, keeper, store } = this.sessions;
    return this.sessions.interrupting(id, async (session) => {
      refuseUnbegun(session);
      const run = runs.heldOf(session);
      if (run) await keeper.save(session, run);
      return (await store.read(id, "session.vqclip")) as Uint8Array;
    });
  }

  /** @throws NOT_FOUND */
  async preview(id: string, node: number, step: number): Promise<Uint8Array> {
    const webp = await this.sessions.store.readPreview(this.sessions.find(id).id, node, step);
    if (!webp) throw new Refusal("NOT_FOUND", `there is no picture of node ${node} at step ${step}`);
    return webp;
  }

  /** How it grew, as a WebP that moves. @throws CONFLICT before its first picture */
  async timelapse(id: string): Promise<Uint8Array> {
    const { record } = this.sessions.find(id);
    const { animated } = this.sessions.platform;
    if (!animated) throw new Refusal("CONFLICT", "pictures that move cannot be written here");
    const frames = timelapseFrames(record);
    const pictures = await Promise.all(frames.map(({ node, step }) => this.sessions.store.readPreview(id, node, step)));
    const there = pictures.filter((picture) => picture !== undefined);
    if (there.length === 0) throw new Refusal("CONFLICT", "there is no picture yet", "wait for its first step");
    return animated(there, timelapseDelays(there.length));
  }

  /** What is drawn beside pixels, as a file. @throws CONFLICT before its first step, NOT_FOUND where the generator has no such thing */
  async shape(id: string, file: ShapeFile): Promise<Uint8Array> {
    return this.sessions.interrupting(id, async (session) => {
      refuseUnbegun(session);
      return shapeOf(await this.sessions.runs.of(session), file, this.sessions.platform);
    });
  }

  /** An image prompt, to be looked at, as a WebP. @param number 1 for the first @throws NOT_FOUND */
  async promptImage(id: string, number: number): Promise<Uint8Array> {
    const bytes = await this.sessions.store.read(this.sessions.find(id).id, `prompt-${number}`);
    if (!bytes) throw new Refusal("NOT_FOUND", `there is no image prompt ${number}`);
    const picture = await uploaded(this.sessions.platform, bytes, `prompt-image ${number}`);
    const [, height, width] = picture.shape as [number, number, number];
    const scale = Math.min(1, PROMPT_SIDE / Math.max(width, height));
    const side = (pixels: number) => Math.max(1, Math.round(pixels * scale));
    return this.sessions.platform.encodePreview(
      scale < 1 ? resizePicture(picture, side(height), side(width), "lanczos3") : picture,
    );
  }

  /** What of the session's picture a phrase or a rectangle covers, as a PNG; nothing is changed. @throws BAD_ARGUMENT, BAD_PROMPT */
  async maskOf(id: string, asked: MaskAsked): Promise<Uint8Array> {
    return this.maskIn(await this.picture(id), asked);
  }

  /** The same of any picture. */
  async maskIn(image: Uint8Array, { phrase, rect }: MaskAsked): Promise<Uint8Array> {
    const picture = await uploaded(this.sessions.platform, image, "image");
    const [, height, width] = picture.shape as [number, number, number];
    if (rect) return maskPng(rectangleMask(rect, [height, width]));
    return maskPng((await this.sessions.platform.vq.findMask(picture, phrase as string)).mask);
  }
}
