/** A mesh with colours of vertices as binary glTF 2.0 (GLB): what browsers, phones, Blender and game engines open with its colours. */
import type { Mesh } from "./obj.js";
import { normalsOf } from "./surface.js";

/** Of the format: marks at the beginning of the file and of its two chunks. */
const [MAGIC, VERSION, JSON_CHUNK, BINARY_CHUNK] = [0x46546c67, 2, 0x4e4f534a, 0x004e4942];
const [FLOAT, UNSIGNED_INT] = [5126, 5125];
const [OF_VERTICES, OF_INDICES] = [34962, 34963];

/** One material without shine; normals are smooth, colours linear as the format asks for, of sRGB ones. */
export function writeGlb({ positions, colours, faces }: Mesh): Uint8Array {
  const places = Float32Array.from(positions);
  const of = (axis: number) => places.filter((_, i) => i % 3 === axis);
  const ends = (most: (a: number, b: number) => number) =>
    [0, 1, 2].map((axis) => of(axis).reduce((a, b) => most(a, b)));
  const vectors = { componentType: FLOAT, count: positions.length / 3, type: "VEC3" };
  const shades = colours === undefined ? [] : [Float32Array.from(colours, linear)];
  const arrays = [places, Float32Array.from(upwardWhereNone(normalsOf(positions, faces))), ...shades];
  const document = {
    asset: { version: "2.0", generator: "vqgan-clip" },
    scene: 0,
    scenes: [{ nodes: [0] }],
    nodes: [{ mesh: 0 }],
    meshes: [
      {
        primitives: [
          {
            attributes: { POSITION: 0, NORMAL: 1, ...(colours === undefined ? {} : { COLOR_0: 2 }) },
            indices: arrays.length,
            material: 0,
          },
        ],
      },
    ],
    materials: [{ pbrMetallicRoughness: { metallicFactor: 0, roughnessFactor: 1 } }],
    accessors: [
      { ...vectors, bufferView: 0, min: ends(Math.min), max: ends(Math.max) },
      ...arrays.slice(1).map((_, i) => ({ ...vectors, bufferView: i + 1 })),
      { componentType: UNSIGNED_INT, count: faces.length, type: "SCALAR", bufferView: arrays.length },
    ],
    bufferViews: [...arrays, faces].map(({ byteLength }, i, all) => ({
      ...{ buffer: 0, byteLength, target: i === arrays.length ? OF_INDICES : OF_VERTICES },
      byteOffset: all.slice(0, i).reduce((sum, each) => sum + each.byteLength, 0),
    })),
    buffers: [{ byteLength: [...arrays, faces].reduce((sum, each) => sum + each.byteLength, 0) }],
  };
  return joined(document, [...arrays, faces]);
}

/** The part of light that a display makes of a value of sRGB, 0..1 both (IEC 61966-2-1). */
const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

/** The format has unit normals alone: those of vertices without a face point up. */
function upwardWhereNone(normals: Float64Array): Float64Array {
  return normals.map((value, i) => {
    const [x, y, z] = normals.subarray(i - (i % 3), i - (i % 3) + 3) as unknown as [number, number, number];
    return x === 0 && y === 0 && z === 0 && i % 3 === 1 ? 1 : value;
  });
}

/** Little-endian: a header of three words, and two chunks, each behind its length and mark. @param arrays of numbers of four bytes */
function joined(document: object, arrays: readonly (Float32Array | Int32Array)[]): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(document));
  const padded = 4 * Math.ceil(text.length / 4);
  const length = arrays.reduce((sum, each) => sum + each.byteLength, 0);
  const bytes = new Uint8Array(12 + 8 + padded + 8 + length);
  const view = new DataView(bytes.buffer);
  const words = (at: number, ...values: readonly number[]) => {
    for (const [i, value] of values.entries()) view.setUint32(at + 4 * i, value, true);
  };
  words(0, MAGIC, VERSION, bytes.length, padded, JSON_CHUNK);
  bytes.fill(0x20, 20, 20 + padded).set(text, 20);
  words(20 + padded, length, BINARY_CHUNK);
  let at = 28 + padded;
  for (const array of arrays) {
    for (const value of array) {
      if (array instanceof Float32Array) view.setFloat32(at, value, true);
      else view.setInt32(at, value, true);
      at += 4;
    }
  }
  return bytes;
}
