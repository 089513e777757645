/** Pictures, masks and vectors of requests as numbers. */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { clampPicture } from "../image/bytes.js";
import type { DecodeAs } from "../image/decode-options.js";
import { resizePicture } from "../image/resize.js";
import { checkMask, maskOfPicture, rectangleMask } from "../masks/mask.js";
import type { EditRequest, TargetRequest } from "./requests.js";

type MaskRequest<Source> = { readonly [Name in "mask" | "rect"]: EditRequest<Source>[Name] | undefined };

/** Reads a platform's kind of picture, or a mask drawn as one: [3,H,W] in 0..1. @throws BAD_IMAGE, OUT_OF_LIMITS */
export type Decode<Source> = (source: Source, as?: DecodeAs) => Promise<NDArray>;

/** The pictures and vectors behind targets, one each; nothing for noise. */
export async function targetNumbers<Source>(
  targets: readonly TargetRequest<Source>[] | undefined,
  decode: Decode<Source>,
): Promise<(NDArray | undefined)[] | undefined> {
  if (!targets) return undefined;
  const numbers: (NDArray | undefined)[] = [];
  for (const target of targets) {
    if (target.kind === "image") numbers.push(await decode(target.image));
    else numbers.push(target.kind === "vector" ? NDArray.float32([target.vector.length], target.vector) : undefined);
  }
  return numbers;
}

/** The mask uint8 [H,W] of an edit; undefined where everything may change. @throws BAD_ARGUMENT, BAD_IMAGE */
export async function maskOf<Source>(
  { mask, rect }: MaskRequest<Source>,
  size: readonly [height: number, width: number],
  decode: Decode<Source>,
): Promise<NDArray | undefined> {
  requires(mask === undefined || rect === undefined, "BAD_ARGUMENT", () => "edit(): needs a mask or a rect, got both");
  if (rect) return rectangleMask(rect, size);
  if (mask === undefined) return undefined;
  const made = await drawnMask(mask, decode);
  checkMask(made, size);
  return made;
}

/** uint8 [H,W] */
export async function drawnMask<Source>(mask: Source | NDArray, decode: Decode<Source>): Promise<NDArray> {
  if (mask instanceof NDArray && mask.shape.length === 2) return mask.as("uint8");
  return maskOfPicture(await decode(mask as Source, "mask"));
}

/** Codes as bytes, 4 each, for telling them apart. */
export function codeBytes(codes: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(codes).buffer);
}

/** A picture at a run's size. */
export function fitted(picture: NDArray, [width, height]: readonly [number, number]): NDArray {
  return clampPicture(resizePicture(picture, height, width, "lanczos3"));
}
