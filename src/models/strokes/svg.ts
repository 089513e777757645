/** A drawing as SVG that any viewer draws as the rasteriser does: the same curves, widths, colours and order, at any size. */

import { type Colour, hexOf } from "../../core/colour.js";
import { escapedText, markupText } from "../../core/escape.js";
import type { Size, Stroke } from "./curves.js";

/** @param title what the drawing is of */
export function strokesSvg(strokes: readonly Stroke[], paper: Colour, [height, width]: Size, title: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<title>${markupText(escapedText(title))}</title>
<rect width="${width}" height="${height}" fill="${hexOf(paper)}"/>
<g stroke-linecap="round" stroke-linejoin="round" fill-rule="evenodd">
${strokes.map(pathOf).join("\n")}
</g>
</svg>
`;
}

function pathOf({ points, shape, width, colour, opacity }: Stroke): string {
  const numbers = points.map((value) => short(value, 3));
  const pairs = Array.from({ length: points.length / 2 }, (_, i) => `${numbers[2 * i]} ${numbers[2 * i + 1]}`);
  const [first, ...rest] = pairs;
  const path = `<path d="M${first}${shape === "triangle" ? "L" : "C"}${rest.join(" ")}`;
  const kind = width === undefined ? "fill" : "stroke";
  const seen = `${kind}="${hexOf(colour)}"${opacity < 1 ? ` ${kind}-opacity="${short(opacity, 4)}"` : ""}`;
  return width === undefined
    ? `${path}Z" ${seen}/>`
    : `${path}" fill="none" ${seen} stroke-width="${short(width, 3)}"/>`;
}

/** With so many decimals at most. */
const short = (value: number, decimals: number) => String(Number(value.toFixed(decimals)));
