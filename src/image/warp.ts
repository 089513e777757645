/** Pictures seen through a homography, on the host, in floating point. */
import { requires } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";

/**
 * A picture [c,H,W] moved by a homography: bilinear samples, averaged over k x k points a pixel where the picture
 * shrinks by k, so that nothing aliases; beyond its edges the picture is mirrored (torch's `reflection`).
 *
 * @param view 3x3 row-major: the result's coordinates ([-1,1] across, (x, y, 1)) -> the picture's
 */
export function warpPicture(picture: NDArray, view: readonly number[]): NDArray {
  requires(picture.shape.length === 3, "SHAPE_MISMATCH", () => `warpPicture(): needs [c,H,W], got ${picture}`);
  const [channels, height, width] = picture.shape as [number, number, number];
  const [a, b, c, d, e, f, g, h, i] = view as [number, number, number, number, number, number, number, number, number];
  const fine = Math.max(1, Math.ceil(Math.sqrt(Math.abs(a * e - b * d)) / Math.abs(i) - 1e-6)); // points a side
  const source = picture.floats();
  const area = height * width;
  const moved = new Float32Array(channels * area);
  for (let point = 0; point < area * fine * fine; point++) {
    const row = Math.floor(point / (width * fine));
    const column = point % (width * fine);
    const [x, y] = [(2 * column + 1) / (width * fine) - 1, (2 * row + 1) / (height * fine) - 1];
    const depth = g * x + h * y + i;
    const across = mirrored((((a * x + b * y + c) / depth + 1) * width - 1) / 2, width);
    const down = mirrored((((d * x + e * y + f) / depth + 1) * height - 1) / 2, height);
    const [left, top] = [Math.floor(across), Math.floor(down)];
    const [u, v] = [across - left, down - top];
    const [right, below] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)];
    const target = Math.floor(row / fine) * width + Math.floor(column / fine);
    for (let channel = 0; channel < channels; channel++) {
      const at = (line: number, place: number) => source[channel * area + line * width + place] as number;
      const value =
        (1 - v) * ((1 - u) * at(top, left) + u * at(top, right)) +
        v * ((1 - u) * at(below, left) + u * at(below, right));
      const out = channel * area + target;
      moved[out] = (moved[out] as number) + value / (fine * fine);
    }
  }
  return NDArray.float32(picture.shape, moved);
}

/** A coordinate (pixel centres at whole numbers) reflected at the picture's edges -1/2 and size-1/2, then at a centre. */
function mirrored(position: number, size: number): number {
  const distance = Math.abs(position + 0.5);
  const rest = distance % size;
  const inside = Math.floor(distance / size) % 2 === 0 ? rest : size - rest;
  return Math.min(Math.max(inside - 0.5, 0), size - 1);
}
