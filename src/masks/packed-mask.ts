/** A mask as text, for metadata: its bytes deflated, in base64. */
import { unzlibSync, zlibSync } from "fflate";
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";

/** @param mask uint8 [H,W] */
export function packMask(mask: NDArray): string {
  const packed = zlibSync(mask.bytes, { level: 9 });
  return btoa(Array.from(packed, (byte) => String.fromCharCode(byte)).join(""));
}

/** The mask uint8 [H,W] of a picture of that size. @throws BAD_FILE when the text holds none */
export function unpackMask(text: string, [height, width]: readonly [number, number]): NDArray {
  const bytes = inflated(text, height * width);
  requires(bytes, "BAD_FILE", () => `mask: the metadata holds none of ${width}x${height} pixels`);
  return new NDArray("uint8", [height, width], bytes);
}

function inflated(text: string, size: number): Uint8Array | undefined {
  try {
    const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const bytes = unzlibSync(packed, { out: new Uint8Array(size + 1) }); // no more than this is unpacked
    return bytes.length === size ? bytes.slice() : undefined;
  } catch {
    return undefined;
  }
}
