/** Pictures that come with a request: within limits, and kept beside the session as long as it may need them. */
import { requires } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import type { TargetRequest } from "../pair/requests.js";
import type { Platform, SessionStore } from "./platform.js";
import type { ImagePromptAsked } from "./requests.js";

/** Pixels of a picture that comes with a request, and of all its image prompts together. */
const MOST_PIXELS = 25_000_000;
/** Pixels of one of the frames to style, and of all together. */
const [MOST_FRAME_PIXELS, MOST_FILM_PIXELS] = [4_000_000, 400_000_000] as const;

export interface Uploads {
  readonly image?: Uint8Array | undefined;
  readonly mask?: Uint8Array | undefined;
  /** A picture to begin at, which nothing is held against. */
  readonly start?: Uint8Array | undefined;
  /** Pictures to be near. */
  readonly prompts?: readonly Uint8Array[];
  /** Pictures that are styled one after the other. */
  readonly frames?: readonly Uint8Array[];
}

/** Whether it is made out of pictures, not from words. */
export const hasSource = ({ image, frames = [] }: { readonly image?: unknown; readonly frames?: readonly unknown[] }) =>
  image !== undefined || frames.length > 0;

/** All of them together. */
export function bytesOf({ image, mask, start, prompts = [], frames = [] }: Uploads): number {
  return [image, mask, start, ...prompts, ...frames].reduce((sum, file) => sum + (file?.length ?? 0), 0);
}

type Decoding = Pick<Platform, "decode">;

/** @throws BAD_ARGUMENT when pictures and what is asked for do not go together */
export function requireTogether(
  { video, style, rect, keepEvery }: Readonly<Record<"video" | "style" | "rect" | "keepEvery", unknown>>,
  { image, mask, start, frames = [] }: Uploads,
): void {
  requires(
    image || !mask,
    "BAD_ARGUMENT",
    () => "mask: it needs an image",
    "send the picture to edit as the field image",
  );
  const ways = { image: image, start: start, frame: frames[0] };
  const given = Object.entries(ways).flatMap(([name, bytes]) => (bytes ? [name] : []));
  requires(given.length <= 1, "BAD_ARGUMENT", () => `${given.join(", ")}: a session begins at one of them`);
  requires(
    !style || frames[0],
    "BAD_ARGUMENT",
    () => "style: there are no frames",
    "send a form with two pictures or more as the field frame",
  );
  requires(
    !video || (!image && !frames[0]),
    "BAD_ARGUMENT",
    () =>
      `video: ${image ? "an edit is held against its picture, which does not move" : "frames are styled as they are"}`,
    "send the picture to begin at as the field start",
  );
  for (const [name, value] of Object.entries({ rect, keepEvery })) {
    requires(
      value === undefined || !frames[0],
      "BAD_ARGUMENT",
      () => `${name}: frames are restyled whole, and there is no way back to one`,
      "leave it out",
    );
  }
}

/** Keeps what came with a session's request. */
export async function writeUploads(
  store: Pick<SessionStore, "write">,
  id: string,
  { image, mask, start, prompts = [], frames = [] }: Uploads,
): Promise<void> {
  if (image) await store.write(id, "image", image);
  if (mask) await store.write(id, "mask", mask);
  if (start) await store.write(id, "start", start);
  for (const [i, prompt] of prompts.entries()) await store.write(id, `prompt-${i + 1}`, prompt);
  for (const [i, frame] of frames.entries()) await store.write(id, `source-${i + 1}`, frame);
}

/** All that a run begins with: of frames to style, the first. */
export async function readUploads(store: Pick<SessionStore, "read">, id: string): Promise<Uploads> {
  const prompts: Uint8Array[] = [];
  const next = () => store.read(id, `prompt-${prompts.length + 1}`);
  for (let prompt = await next(); prompt; prompt = await next()) prompts.push(prompt);
  const [image, mask, start] = await Promise.all(
    (["image", "mask", "start"] as const).map((name) => store.read(id, name)),
  );
  const first = await store.read(id, "source-1");
  return { image, mask, start, prompts, frames: first ? [first] : [] };
}

/** A picture, numbers [3,H,W]. @throws BAD_IMAGE, OUT_OF_LIMITS */
export function uploaded({ decode }: Decoding, bytes: Uint8Array, name: string, maxPixels = MOST_PIXELS) {
  return decode(bytes, name, { maxPixels });
}

/** A mask drawn as a picture. @throws BAD_IMAGE, OUT_OF_LIMITS */
export function uploadedMask({ decode }: Decoding, bytes: Uint8Array) {
  return decode(bytes, "mask", { as: "mask", maxPixels: MOST_PIXELS });
}

/**
 * Image prompts as a run takes them, each tried whether it can be read; they stay bytes, which are small.
 *
 * @param asked one for each picture, in their order (default: each counts 1)
 * @throws BAD_ARGUMENT when there are more or fewer than pictures, BAD_IMAGE, OUT_OF_LIMITS
 */
export async function imageTargets(
  platform: Decoding,
  asked: readonly ImagePromptAsked[] | undefined,
  pictures: readonly Uint8Array[] = [],
): Promise<TargetRequest<Uint8Array>[]> {
  requires(
    asked === undefined || asked.length === pictures.length,
    "BAD_ARGUMENT",
    () => `imagePrompts: ${asked?.length} entries for ${pictures.length} pictures`,
    "send a form with a file prompt-image for each entry, in the same order",
  );
  let left = MOST_PIXELS;
  const targets: TargetRequest<Uint8Array>[] = [];
  for (const [i, image] of pictures.entries()) {
    const [, height, width] = (await uploaded(platform, image, `prompt-image ${i + 1}`, left)).shape as [
      number,
      number,
      number,
    ];
    left -= width * height;
    targets.push({ kind: "image", image, ...asked?.[i] } as TargetRequest<Uint8Array>);
  }
  return targets;
}

/** A frame to style. @param number 1 for the first @throws BAD_IMAGE, OUT_OF_LIMITS */
export function uploadedFrame(platform: Decoding, bytes: Uint8Array, number: number): Promise<NDArray> {
  return uploaded(platform, bytes, `frame ${number}`, MOST_FRAME_PIXELS);
}

/** Tries whether all frames can be read, and have one size. @throws BAD_ARGUMENT, BAD_IMAGE, OUT_OF_LIMITS */
export async function checkFrames(platform: Decoding, frames: readonly Uint8Array[]): Promise<void> {
  let first: readonly number[] | undefined;
  for (const [i, frame] of frames.entries()) {
    const { shape } = await uploadedFrame(platform, frame, i + 1);
    first ??= shape;
    const [, height, width] = shape as [number, number, number];
    requires(
      shape.join() === first.join(),
      "BAD_ARGUMENT",
      () => `frame ${i + 1} has ${width}x${height} pixels, the first ${first?.[2]}x${first?.[1]}`,
      "send frames of one size",
    );
    requires(
      width * height * frames.length <= MOST_FILM_PIXELS,
      "OUT_OF_LIMITS",
      () => `frames: ${frames.length} of ${width}x${height} pixels are more than ${MOST_FILM_PIXELS / 1e6} million`,
      "send fewer, or smaller ones",
    );
  }
}
