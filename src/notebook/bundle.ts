/** What notebooks show: one thing in several media types, of which each front end takes the best it knows. */
import { escapedLine, markupText } from "../core/escape.js";
import type { NDArray } from "../core/ndarray.js";
import { encodePng } from "../image/png.js";
import { encodeWebp } from "../image/webp.js";
import { maskPng } from "../masks/mask-png.js";

/** Text, base64 or JSON by media type, as Jupyter's messages carry it. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** The method by which Deno's kernel asks a value what it looks like. */
export const JUPYTER_DISPLAY: unique symbol = Symbol.for("Jupyter.display") as never;

/** Something that a notebook can show. */
export interface Displayable {
  /** What it looks like. */
  [JUPYTER_DISPLAY](): MimeBundle | Promise<MimeBundle>;
}

/** Small pictures are shown at least this wide. */
const SHOWN_WIDTH = 256;

export const textBundle = (text: string): MimeBundle => ({ "text/plain": text });

/** Numbers are a picture when they are float32 [3,H,W], a mask when uint8 [H,W]; of others only shape and type are told. */
export function arrayBundle(array: NDArray): MimeBundle {
  const { dtype, shape } = array;
  const text = textBundle(`${dtype} [${shape.join(", ")}]`);
  if (array.size === 0) return text;
  if (dtype === "float32" && shape.length === 3 && shape[0] === 3) {
    return { ...text, "image/png": base64(encodePng(array)) };
  }
  return dtype === "uint8" && shape.length === 2 ? { ...text, "image/png": base64(maskPng(array)) } : text;
}

/** @param picture [3,H,W] in 0..1 @param lines under it; the first is what it shows */
export async function captionedBundle(picture: NDArray, lines: readonly string[]): Promise<MimeBundle> {
  const [title = "", ...facts] = lines.map(escapedLine);
  const width = Math.max(SHOWN_WIDTH, picture.shape[2] as number);
  const source = `data:image/webp;base64,${base64(await encodeWebp(picture))}`;
  const caption = [title, ...facts].map(markupText).join("<br>");
  const image = `<img src="${source}" width="${width}" alt="${markupText(title)}">`;
  return {
    ...textBundle([title, ...facts].join(", ")),
    "text/html": `<figure style="margin: 0">${image}<figcaption>${caption}</figcaption></figure>`,
  };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
