/**
 * Two meshes to style, cube.obj and bunny.obj, of 2000 and 3300 triangles. Run: node --import tsx examples/own-meshes.ts [FOLDER]
 * A shape is told by a distance that is negative inside; its surface is found in a grid of cells (naive surface nets).
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

type Point = readonly [x: number, y: number, z: number];
type Distance = (point: Point) => number;

const ball =
  ([x, y, z]: Point, [rx, ry, rz]: Point, tilt = 0): Distance =>
  ([px, py, pz]) => {
    const [dx, dy] = [px - x, py - y];
    const [ux, uy] = [dx * Math.cos(tilt) + dy * Math.sin(tilt), dy * Math.cos(tilt) - dx * Math.sin(tilt)];
    return (Math.hypot(ux / rx, uy / ry, (pz - z) / rz) - 1) * Math.min(rx, ry, rz);
  };

/** Several as one, with soft joints. */
const joined =
  (parts: readonly Distance[], softness = 0.05): Distance =>
  (point) =>
    -softness * Math.log(parts.reduce((sum, part) => sum + Math.exp(-part(point) / softness), 0));

const cube: Distance = (point) => Math.max(...point.map(Math.abs)) - 0.7;

/** It sits, and looks along the z axis. */
const bunny = joined([
  ball([0, -0.4, -0.1], [0.45, 0.5, 0.5]),
  ball([0, 0.25, 0.15], [0.32, 0.3, 0.32]),
  ball([-0.17, 0.72, 0.08], [0.1, 0.38, 0.09], 0.15),
  ball([0.17, 0.72, 0.08], [0.1, 0.38, 0.09], -0.15),
  ball([-0.2, -0.8, 0.3], [0.15, 0.12, 0.28]),
  ball([0.2, -0.8, 0.3], [0.15, 0.12, 0.28]),
  ball([0, -0.55, -0.65], [0.16, 0.16, 0.16]),
]);

/** @param cells along each side of the cube from -1.15 to 1.15 */
export function objOf(distance: Distance, cells: number): string {
  const step = 2.3 / cells;
  const at = (i: number) => -1.15 + i * step;
  const side = cells + 2;
  const values = Float64Array.from({ length: side ** 3 }, (_, n) =>
    distance([at(Math.floor(n / side ** 2)), at(Math.floor(n / side) % side), at(n % side)]),
  );
  const value = (i: number, j: number, k: number) => values[(i * side + j) * side + k] as number;
  const vertices: Point[] = [];
  const numbers = new Map<string, number>();
  /** The vertex of a cell that the surface runs through: the mean of where it crosses the cell's edges. */
  const vertex = (cell: readonly number[]): number => {
    const known = numbers.get(cell.join());
    if (known !== undefined) return known;
    const crossings: number[][] = [];
    for (const axis of [0, 1, 2]) {
      for (const [p, q] of [0, 1, 2, 3].map((n) => [n & 1, n >> 1] as const)) {
        const [from, to] = [0, 1].map((end) =>
          cell.map((c, a) => c + (a === axis ? end : a === (axis + 1) % 3 ? p : q)),
        );
        const [first, last] = [from, to].map((corner) => value(...(corner as [number, number, number])));
        if ((first as number) < 0 === (last as number) < 0) continue;
        const share = (first as number) / ((first as number) - (last as number));
        crossings.push((from as number[]).map((c, a) => at(c + (a === axis ? share : 0))));
      }
    }
    vertices.push(
      [0, 1, 2].map(
        (a) => crossings.reduce((sum, c) => sum + (c[a] as number), 0) / crossings.length,
      ) as unknown as Point,
    );
    numbers.set(cell.join(), vertices.length);
    return vertices.length;
  };
  const faces: string[] = [];
  for (let i = 1; i < cells; i++) {
    for (let j = 1; j < cells; j++) {
      for (let k = 1; k < cells; k++) {
        const here = value(i, j, k) < 0;
        for (const axis of [0, 1, 2]) {
          const next = [i, j, k].map((c, a) => c + (a === axis ? 1 : 0)) as [number, number, number];
          if (value(...next) < 0 === here) continue;
          // The four cells about the edge, counter-clockwise seen along the axis.
          const around = [
            [1, 1],
            [0, 1],
            [0, 0],
            [1, 0],
          ].map(([p, q]) =>
            vertex(
              [i, j, k].map(
                (c, a) => c - (a === (axis + 1) % 3 ? (p as number) : a === (axis + 2) % 3 ? (q as number) : 0),
              ),
            ),
          );
          faces.push(`f ${(here ? around : around.reverse()).join(" ")}`);
        }
      }
    }
  }
  const lines = vertices.map((point) => `v ${point.map((c) => c.toFixed(5)).join(" ")}`);
  return `${[...lines, ...faces].join("\n")}\n`;
}

export const shapes = { cube: () => objOf(cube, 22), bunny: () => objOf(bunny, 34) };

if (import.meta.url === pathToFileURL(process.argv[1] as string).href) {
  const folder = process.argv[2] ?? ".";
  await mkdir(folder, { recursive: true });
  for (const [name, obj] of Object.entries(shapes)) await writeFile(join(folder, `${name}.obj`), obj());
}
