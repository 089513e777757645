/** Many windows of a picture as a perceptor sees them, and their values as a map of the picture. */
import { NDArray } from "../core/ndarray.js";
import { clampPicture } from "../image/bytes.js";
import { windowOf } from "../image/pad.js";
import { resizePicture } from "../image/resize.js";
import { unitRows } from "../perception/perceive.js";
import type { Program } from "../runtime/program.js";

/** Windows overlap: this many begin within the length of one. */
const OVERLAP = 3;
/** Windows that the perceptor sees at once. */
export const WINDOW_BATCH = 16;

/** Where windows of `side` begin along an axis: evenly from one end to the other. */
export function positions(extent: number, side: number): number[] {
  const steps = Math.ceil((extent - side) / Math.max(1, side / OVERLAP));
  return Array.from({ length: steps + 1 }, (_, i) => (steps === 0 ? 0 : Math.round((i * (extent - side)) / steps)));
}

/** Unit embeddings of square windows, each resized to the perceptor's s x s. */
export async function unitWindows(
  program: Program<"embedding">,
  s: number,
  picture: NDArray,
  windows: readonly (readonly [left: number, top: number])[],
  side: number,
): Promise<Float32Array[]> {
  const units: Float32Array[] = [];
  for (let start = 0; start < windows.length; start += WINDOW_BATCH) {
    const batch = new Float32Array(WINDOW_BATCH * 3 * s * s);
    windows.slice(start, start + WINDOW_BATCH).forEach(([left, top], i) => {
      const view = clampPicture(resizePicture(windowOf(picture, left, top, side, side), s, s, "bicubic"));
      batch.set(view.floats(), i * 3 * s * s);
    });
    const { embedding } = await program.run({ pixels: NDArray.float32([WINDOW_BATCH, 3, s, s], batch) });
    units.push(...unitRows(embedding).slice(0, windows.length - start));
  }
  return units;
}

/** How a value at a window's centre reaches the pixels around it. */
export type Spreading = "bilinear" | "nearest";

/**
 * Values at window centres to a map of the whole picture [rows*columns]: bilinear between centres and the nearest beyond
 * them, or the nearest everywhere.
 *
 * @param scale the map's pixels for one of the picture
 */
export function spread(
  values: readonly number[],
  lefts: readonly number[],
  tops: readonly number[],
  side: number,
  [height, width]: readonly [number, number],
  scale: number,
  spreading: Spreading,
): Float32Array {
  const place = (marks: readonly number[], pixel: number): ReturnType<typeof between> => {
    const [index, share] = between(marks, (pixel + 0.5) / scale - side / 2);
    return [index, spreading === "nearest" ? Math.round(share) : share];
  };
  const columns = Array.from({ length: width }, (_, x) => place(lefts, x));
  const map = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const [i, down] = place(tops, y);
    columns.forEach(([j, across], x) => {
      const at = (row: number, column: number) =>
        values[Math.min(row, tops.length - 1) * lefts.length + Math.min(column, lefts.length - 1)] as number;
      const upper = at(i, j) + across * (at(i, j + 1) - at(i, j));
      const lower = at(i + 1, j) + across * (at(i + 1, j + 1) - at(i + 1, j));
      map[y * width + x] = upper + down * (lower - upper);
    });
  }
  return map;
}

/** Which of the rising marks lies at or before `place`, and how far on to the next it is, 0..1. */
function between(marks: readonly number[], place: number): [index: number, share: number] {
  const index = Math.max(
    0,
    marks.findLastIndex((mark) => mark <= place),
  );
  const [from, to] = [marks[index] as number, marks[index + 1]];
  return [index, to === undefined ? 0 : Math.min(1, Math.max(0, (place - from) / (to - from)))];
}
