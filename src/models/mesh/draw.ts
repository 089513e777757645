/**
 * A mesh as pictures, a graph: each pixel is told which face it sees, and finds where on it by areas, so that colours,
 * places and the light on faces all have gradients; which face is seen has none. Conventions of DIB-R, as Text2Mesh has
 * them: shares of corners on the screen, flat faces, light of spherical harmonics of order 1.
 */

import type { Colour } from "../../core/colour.js";
import { NDArray } from "../../core/ndarray.js";
import { constant, type Tensor } from "../../graph/tensor.js";
import { add, clip, div, mul, sub } from "../../ops/arithmetic.js";
import { normalize } from "../../ops/distance.js";
import { expand, reshape, transpose } from "../../ops/layout.js";
import { matmul } from "../../ops/linear-algebra.js";
import { concat, gather, slice } from "../../ops/movement.js";
import { floats } from "../../ops/operands.js";
import { sum } from "../../ops/reduction.js";
import { DISTANCE } from "./cameras.js";
import { viewScale } from "./visible.js";

/** The first bands of spherical harmonics; each of their lights is 1. */
const [FLAT_LIGHT, SIDE_LIGHT] = [0.282095, 0.488603];
/** Of a mesh without its colours. */
const GREY = 0.5;

export interface Scene {
  /** [N,3], within a radius of 1.5 */
  readonly positions: Tensor;
  /** [N,3], 0..1 */
  readonly colours: Tensor;
  /** Three vertices of each face */
  readonly faces: Int32Array;
  /** [V,3,3]: right, up and back of each camera */
  readonly cameras: Tensor;
  /** int32 [V*H*W], as `visibleFaces` gives it */
  readonly visible: Tensor;
}

/**
 * Pictures [V,3,H,W] in 0..1; with `bare` [2V,3,H,W], each followed by the same without its colours.
 *
 * @param paper what is behind the mesh
 */
export function drawMesh(
  scene: Scene,
  size: readonly [height: number, width: number],
  paper: Colour,
  bare: boolean,
): Tensor {
  const [height, width] = size;
  const views = scene.cameras.shape[0] as number;
  const area = height * width;
  const seen = transpose(gather(faceTable(scene, size, paper, bare), scene.visible)); // [15 or 18, V H W]
  const part = (start: number, count = 2) => reshape(slice(seen, 0, start, start + count), [count, views, area]);
  const centres = reshape(floats([2, area], pixelCentres(size)), [2, 1, area]);
  const [a, b, c] = [0, 2, 4].map((start) => sub(part(start), centres)) as [Tensor, Tensor, Tensor]; // [2, V, HW]
  const areas = [crossed(b, c), crossed(c, a), crossed(a, b)]; // [1, V, HW] each
  const whole = areas.reduce(add);
  const coloured = areas.map((own, i) => mul(div(own, whole), part(6 + 3 * i, 3))).reduce(add); // [3, V, HW]
  const kinds = bare ? [coloured, part(15, 3)] : [coloured];
  const pictures = concat(
    kinds.map((pixels) => reshape(transpose(clip(pixels, 0, 1), [1, 0, 2]), [views, 1, 3, height, width])),
    1,
  );
  return reshape(pictures, [views * kinds.length, 3, height, width]);
}

/**
 * Of each view and face one row: x, y on the screen of its three corners, their lit colours, and with `bare` the lit grey.
 * A last row stands for what is behind: a triangle over all the screen, of the paper's colour.
 *
 * @returns [V F + 1, 15 or 18]
 */
function faceTable(
  { positions, colours, faces, cameras }: Scene,
  size: readonly [number, number],
  paper: Colour,
  bare: boolean,
): Tensor {
  const [views, count] = [cameras.shape[0] as number, faces.length / 3];
  const indices = constant(new NDArray("int32", [faces.length], faces));
  const corners = gather(concat([positions, colours], 1), indices); // [3F, 6]
  const places = slice(corners, 1, 0, 3);
  const inView = matmul(reshape(places, [1, faces.length, 3]), transpose(cameras, [0, 2, 1])); // [V, 3F, 3]
  const depth = sub(DISTANCE, slice(inView, 2, 2, 3));
  const onScreen = mul(div(slice(inView, 2, 0, 2), depth), floats([2], viewScale(size))); // [V, 3F, 2]

  const normals = facing(reshape(places, [count, 3, 3])); // [F, 3]
  const lights = transpose(sum(cameras, { axes: [1] })); // [3, V]: right, up and back together
  const light = reshape(transpose(add(mul(matmul(normals, lights), SIDE_LIGHT), FLAT_LIGHT)), [views, count, 1]);
  const lit = mul(light, reshape(slice(corners, 1, 3, 6), [1, count, 9])); // [V, F, 9]
  const grey = bare ? [expand(mul(light, GREY), [views, count, 3])] : [];
  const rows = concat([reshape(onScreen, [views, count, 6]), lit, ...grey], 2);
  const behind = [-1, -1, 3, -1, -1, 3, ...paper, ...paper, ...paper, ...(bare ? paper : [])];
  const width = behind.length;
  return concat([reshape(rows, [views * count, width]), floats([1, width], behind)], 0);
}

/** Unit normals of triangles. @param corners [F,3,3] @returns [F,3] */
function facing(corners: Tensor): Tensor {
  const count = corners.shape[0] as number;
  const corner = (i: number) => reshape(slice(corners, 1, i, i + 1), [count, 3]);
  const [along, across] = [sub(corner(1), corner(0)), sub(corner(2), corner(0))];
  const axis = (x: Tensor, k: number) => slice(x, 1, k % 3, (k % 3) + 1);
  const parts = [0, 1, 2].map((k) =>
    sub(mul(axis(along, k + 1), axis(across, k + 2)), mul(axis(along, k + 2), axis(across, k + 1))),
  );
  return normalize(concat(parts, 1));
}

/** x1 y2 - x2 y1 of [2,V,HW] each: [1,V,HW] */
function crossed(p: Tensor, q: Tensor): Tensor {
  const [x, y] = [(v: Tensor) => slice(v, 0, 0, 1), (v: Tensor) => slice(v, 0, 1, 2)];
  return sub(mul(x(p), y(q)), mul(x(q), y(p)));
}

/** x of every pixel from left to right, then y, upwards. [2, H W] */
function pixelCentres([height, width]: readonly [number, number]): Float32Array {
  const area = height * width;
  return Float32Array.from({ length: 2 * area }, (_, i) =>
    i < area ? (2 * (i % width) + 1 - width) / width : (height - 2 * Math.floor((i - area) / width) - 1) / height,
  );
}
