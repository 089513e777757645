/** Pictures that come with a request: within limits, and kept beside the session until it has begun. */
import { requires } from "../core/errors.js";
import { decodePicture } from "../image/decode.js";
import type { TargetRequest } from "../pair/requests.js";
import type { ImagePromptAsked } from "./requests.js";

/** Pixels of a picture that comes with a request, and of all its image prompts together. */
const MOST_PIXELS = 25_000_000;

export interface Uploads {
  readonly image?: Uint8Array | undefined;
  readonly mask?: Uint8Array | undefined;
  /** Pictures to be near. */
  readonly prompts?: readonly Uint8Array[];
}

/** A picture, numbers [3,H,W]. @throws BAD_IMAGE, OUT_OF_LIMITS */
export function uploaded(bytes: Uint8Array, name: string, maxPixels = MOST_PIXELS) {
  return decodePicture(bytes, name, { maxPixels });
}

/** A mask drawn as a picture. @throws BAD_IMAGE, OUT_OF_LIMITS */
export function uploadedMask(bytes: Uint8Array) {
  return decodePicture(bytes, "mask", { as: "mask", maxPixels: MOST_PIXELS });
}

/**
 * Image prompts as a run takes them, each tried whether it can be read; they stay bytes, which are small.
 *
 * @param asked one for each picture, in their order (default: each counts 1)
 * @throws BAD_ARGUMENT when there are more or fewer than pictures, BAD_IMAGE, OUT_OF_LIMITS
 */
export async function imageTargets(
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
    const [, height, width] = (await uploaded(image, `prompt-image ${i + 1}`, left)).shape as [number, number, number];
    left -= width * height;
    targets.push({ kind: "image", image, ...asked?.[i] } as TargetRequest<Uint8Array>);
  }
  return targets;
}
