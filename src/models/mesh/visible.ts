/** Which face each pixel sees, by a depth buffer on the host. What changes of it has no gradient. */
import { type Camera, DISTANCE, HALF_VIEW } from "./cameras.js";

/** Faces under this share of a pixel are left out: as their area goes to 0, what is divided by it grows beyond bounds. */
const LEAST_AREA = 0.01;

/** What x and y of a point at depth 1 are multiplied by, for coordinates of -1..1 across the picture. */
export function viewScale([height, width]: readonly [number, number]): [x: number, y: number] {
  const shorter = Math.min(height, width);
  return [shorter / width / HALF_VIEW, shorter / height / HALF_VIEW];
}

/**
 * For every pixel of every view the row of its face in a table [views * faces + 1]: `view * faces + face`, or the last
 * row where it sees none. Only faces turned towards the camera are seen.
 *
 * @param positions x, y, z of each vertex, within a radius of 1.5
 * @param faces three vertices of each
 * @returns int32 [views * height * width]
 */
export function visibleFaces(
  positions: Float64Array,
  faces: Int32Array,
  cameras: readonly Camera[],
  size: readonly [height: number, width: number],
): Int32Array {
  const [height, width] = size;
  const area = height * width;
  const count = faces.length / 3;
  const rows = new Int32Array(cameras.length * area).fill(cameras.length * count);
  cameras.forEach((camera, view) => {
    const points = projected(positions, camera, size);
    const near = new Float64Array(area); // 1 / depth of what is seen; 0 for nothing
    const own = rows.subarray(view * area, (view + 1) * area);
    for (let face = 0; face < count; face++) {
      const [a, b, c] = [3 * face, 3 * face + 1, 3 * face + 2].map((i) => 3 * (faces[i] as number)) as [
        number,
        number,
        number,
      ];
      fillFace(points, [a, b, c], near, width, height, (pixel) => {
        own[pixel] = view * count + face;
      });
    }
  });
  return rows;
}

/** Column, row (both of pixel centres, rows downwards) and 1 / depth of each vertex. */
function projected(positions: Float64Array, camera: Camera, [height, width]: readonly [number, number]): Float64Array {
  const [scaleX, scaleY] = viewScale([height, width]);
  const points = new Float64Array(positions.length);
  for (let i = 0; i < positions.length; i += 3) {
    const along = (row: number) =>
      [0, 1, 2].reduce((sum, k) => sum + (camera[3 * row + k] as number) * (positions[i + k] as number), 0);
    const inverse = 1 / (DISTANCE - along(2));
    points[i] = ((along(0) * inverse * scaleX + 1) * width - 1) / 2;
    points[i + 1] = ((1 - along(1) * inverse * scaleY) * height - 1) / 2;
    points[i + 2] = inverse;
  }
  return points;
}

/** Tells the pixels of a face that nothing nearer covers, and keeps how near it is. */
function fillFace(
  points: Float64Array,
  [a, b, c]: readonly [number, number, number],
  near: Float64Array,
  width: number,
  height: number,
  see: (pixel: number) => void,
): void {
  const [ax, ay, bx, by] = [points[a], points[a + 1], points[b], points[b + 1]] as [number, number, number, number];
  const [cx, cy] = [points[c], points[c + 1]] as [number, number];
  const twice = (cx - ax) * (by - ay) - (bx - ax) * (cy - ay); // positive for faces turned here, as rows go downwards
  if (!(twice > 2 * LEAST_AREA)) return;
  const [left, right] = [Math.ceil(Math.min(ax, bx, cx)), Math.floor(Math.max(ax, bx, cx))];
  const [top, bottom] = [Math.ceil(Math.min(ay, by, cy)), Math.floor(Math.max(ay, by, cy))];
  const [nearA, nearB, nearC] = [points[a + 2], points[b + 2], points[c + 2]] as [number, number, number];
  for (let y = Math.max(top, 0); y <= Math.min(bottom, height - 1); y++) {
    for (let x = Math.max(left, 0); x <= Math.min(right, width - 1); x++) {
      const shareA = ((cx - x) * (by - y) - (bx - x) * (cy - y)) / twice;
      const shareB = ((ax - x) * (cy - y) - (cx - x) * (ay - y)) / twice;
      const shareC = 1 - shareA - shareB;
      if (shareA < 0 || shareB < 0 || shareC < 0) continue;
      const inverse = shareA * nearA + shareB * nearB + shareC * nearC; // linear across the picture
      const pixel = y * width + x;
      if (inverse <= (near[pixel] as number)) continue;
      near[pixel] = inverse;
      see(pixel);
    }
  }
}
