/** A mesh as it is styled: centred, within the unit sphere, with normals to move along; and back into its own place. */
import { requires } from "../../core/errors.js";
import type { Mesh } from "./obj.js";

export interface Surface extends Mesh {
  /** Unit length, of each vertex: mean of its faces', by their areas; 0 where there are none */
  readonly normals: Float64Array;
  /** The mesh's own coordinates are these, times `radius`, plus `centre`. */
  readonly centre: readonly [number, number, number];
  readonly radius: number;
}

/** Its vertices' mean becomes the origin, the farthest of them lies on the unit sphere. @throws BAD_FILE when all are one point */
export function surfaceOf(mesh: Mesh, origin: string): Surface {
  const { positions, faces } = mesh;
  const count = positions.length / 3;
  const centre: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < positions.length; i++) (centre[i % 3] as number) += (positions[i] as number) / count;
  const moved = positions.map((value, i) => value - (centre[i % 3] as number));
  let radius = 0;
  for (let i = 0; i < moved.length; i += 3) radius = Math.max(radius, Math.hypot(...moved.subarray(i, i + 3)));
  requires(radius > 0, "BAD_FILE", () => `${origin}: all its vertices are one point`);
  const placed = moved.map((value) => value / radius);
  return { ...mesh, positions: placed, normals: normalsOf(placed, faces), centre, radius };
}

/** The mesh of moved vertices in the coordinates of its file. */
export function inOwnPlace({ centre, radius, faces }: Surface, positions: Float64Array, colours: Float64Array): Mesh {
  return { positions: positions.map((value, i) => value * radius + (centre[i % 3] as number)), colours, faces };
}

/** Unit length, of each vertex: mean of its faces', by their areas; 0 where there are none */
export function normalsOf(positions: Float64Array, faces: Int32Array): Float64Array {
  const normals = new Float64Array(positions.length);
  for (let i = 0; i < faces.length; i += 3) {
    const corners = faces.subarray(i, i + 3);
    const [a, b, c] = Array.from(corners, (index) => positions.subarray(3 * index, 3 * index + 3)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const along = (to: Float64Array, k: number) => (to[k % 3] as number) - (a[k % 3] as number);
    for (let k = 0; k < 3; k++) {
      const across = along(b, k + 1) * along(c, k + 2) - along(b, k + 2) * along(c, k + 1);
      for (const index of corners) (normals[3 * index + k] as number) += across;
    }
  }
  for (let i = 0; i < normals.length; i += 3) {
    const length = Math.hypot(...normals.subarray(i, i + 3));
    for (let k = i; k < i + 3; k++) normals[k] = length > 0 ? (normals[k] as number) / length : 0;
  }
  return normals;
}
