/** Pictures that come with a request: within limits, and kept beside the session until it has begun. */
import { requires } from "../core/errors.js";
import type { TargetRequest } from "../pair/requests.js";
import type { Platform, SessionStore } from "./platform.js";
import type { ImagePromptAsked } from "./requests.js";

/** Pixels of a picture that comes with a request, and of all its image prompts together. */
const MOST_PIXELS = 25_000_000;

export interface Uploads {
  readonly image?: Uint8Array | undefined;
  readonly mask?: Uint8Array | undefined;
  /** Pictures to be near. */
  readonly prompts?: readonly Uint8Array[];
}

type Decoding = Pick<Platform, "decode">;

/** Keeps what came with a session's request. */
export async function writeUploads(
  store: Pick<SessionStore, "write">,
  id: string,
  { image, mask, prompts = [] }: Uploads,
): Promise<void> {
  if (image) await store.write(id, "image", image);
  if (mask) await store.write(id, "mask", mask);
  for (const [i, prompt] of prompts.entries()) await store.write(id, `prompt-${i + 1}`, prompt);
}

export async function readUploads(store: Pick<SessionStore, "read">, id: string): Promise<Uploads> {
  const prompts: Uint8Array[] = [];
  const next = () => store.read(id, `prompt-${prompts.length + 1}`);
  for (let prompt = await next(); prompt; prompt = await next()) prompts.push(prompt);
  return { image: await store.read(id, "image"), mask: await store.read(id, "mask"), prompts };
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
