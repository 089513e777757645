/** Many pictures on one, each with what it is written under it. */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { paste } from "./pad.js";
import { cutText, drawText, textSize } from "./pixel-font.js";

/** A picture and what is written under it. */
export interface SheetCell {
  /** [3,H,W] in 0..1 */
  readonly picture: NDArray;
  /** Lines under it, cut to its width. */
  readonly label: readonly string[];
}

const MARGIN = 4;
/** The longest side of a sheet in pixels. */
const MAX_SIDE = 16_384;
const INK = 0.15;

/**
 * A white sheet with cells in rows of `columns`, in their order.
 *
 * @returns [3,H,W] in 0..1
 * @throws BAD_ARGUMENT without cells, OUT_OF_LIMITS when a side would be longer than 16384 pixels
 */
export function contactSheet(cells: readonly SheetCell[], columns: number): NDArray {
  requires(cells.length > 0 && columns > 0, "BAD_ARGUMENT", () => "contactSheet(): needs a cell and a column");
  const largest = (axis: 1 | 2) => Math.max(...cells.map(({ picture }) => picture.shape[axis] as number));
  const [cellHeight, cellWidth] = [largest(1), largest(2)];
  const scale = cellWidth < 96 ? 1 : 2;
  const lineHeight = textSize("", scale).height + 2 * scale;
  const lines = Math.max(...cells.map(({ label }) => label.length));
  const [stepX, stepY] = [cellWidth + MARGIN, cellHeight + lines * lineHeight + 2 * MARGIN];
  const width = Math.min(columns, cells.length) * stepX + MARGIN;
  const height = Math.ceil(cells.length / columns) * stepY;
  requires(
    Math.max(width, height) <= MAX_SIDE,
    "OUT_OF_LIMITS",
    () => `contact sheet: it would have ${width}x${height} pixels, ${MAX_SIDE} a side are allowed`,
    "fewer or smaller pictures",
  );
  const values = new Float32Array(3 * width * height).fill(1);
  cells.forEach(({ picture, label }, i) => {
    const [left, top] = [MARGIN + (i % columns) * stepX, MARGIN + Math.floor(i / columns) * stepY];
    paste(values, [width, height], picture, [left, top]);
    label.forEach((line, number) => {
      const y0 = top + cellHeight + scale + number * lineHeight;
      drawText(cutText(line, cellWidth, scale), scale, (x, y) => {
        for (let channel = 0; channel < 3; channel++) values[(channel * height + y0 + y) * width + left + x] = INK;
      });
    });
  });
  return NDArray.float32([3, height, width], values);
}
