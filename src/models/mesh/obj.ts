/**
 * Meshes as Wavefront OBJ: what of it makes a shape, vertices and faces, and colours of vertices behind their coordinates.
 * Textures, materials, normals and groups are passed over.
 */
import { requires, VqganClipError } from "../../core/errors.js";
import { decodeText } from "../../core/text.js";

/** Triangles over shared vertices, counter-clockwise seen from outside. */
export interface Mesh {
  /** x, y, z of each vertex */
  readonly positions: Float64Array;
  /** r, g, b of each vertex in 0..1; undefined where the file has none */
  readonly colours: Float64Array | undefined;
  /** Three vertices of each triangle, from 0 */
  readonly faces: Int32Array;
}

export const meshLimits = { bytes: 64e6, vertices: 100_000, faces: 200_000, corners: 64, coordinate: 1e9 } as const;

/**
 * Polygons become fans of triangles.
 *
 * @param origin for messages
 * @throws BAD_FILE naming the line, OUT_OF_LIMITS
 */
export function readObj(bytes: Uint8Array, origin: string): Mesh {
  const { bytes: most } = meshLimits;
  requires(bytes.length <= most, "OUT_OF_LIMITS", () => `${origin}: ${bytes.length} bytes, at most ${most} are read`);
  const text = decodeText(bytes, origin, "BAD_FILE").replace(/\\\r?\n/g, " ");
  const reader = new ObjReader(origin);
  let line = 0;
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\n", at);
    reader.read(text.slice(at, end < 0 ? text.length : end), ++line);
    at = end < 0 ? text.length : end + 1;
  }
  return reader.finished();
}

class ObjReader {
  private readonly positions: number[] = [];
  private readonly colours: number[] = [];
  private readonly faces: number[] = [];

  constructor(private readonly origin: string) {}

  read(text: string, line: number): void {
    const hash = text.indexOf("#");
    const [keyword, ...words] = (hash < 0 ? text : text.slice(0, hash)).trim().split(/\s+/);
    if (keyword === "v") this.vertex(words, line);
    else if (keyword === "f") this.face(words, line);
  }

  finished(): Mesh {
    const { positions, colours, faces, origin } = this;
    requires(faces.length > 0, "BAD_FILE", () => `${origin}: holds no faces`, "an OBJ has lines v x y z and f 1 2 3");
    const coloured = colours.length === positions.length;
    return {
      positions: Float64Array.from(positions),
      colours: coloured ? Float64Array.from(colours) : undefined,
      faces: Int32Array.from(faces),
    };
  }

  private vertex(words: readonly string[], line: number): void {
    const values = words.map(Number);
    const { vertices, coordinate } = meshLimits;
    const [x, y, z, ...more] = values as [number, number, number, ...number[]];
    if (values.length < 3 || !values.every((value) => Math.abs(value) <= coordinate)) {
      this.refuse(line, `v takes three numbers within ${coordinate}, got "${words.join(" ")}"`);
    }
    this.positions.push(x, y, z);
    if (more.length >= 3) this.colours.push(...more.slice(-3).map((value) => Math.min(Math.max(value, 0), 1)));
    if (this.positions.length > 3 * vertices) this.refuse(line, `more than ${vertices} vertices`, "OUT_OF_LIMITS");
  }

  private face(words: readonly string[], line: number): void {
    const { corners: most, faces } = meshLimits;
    if (words.length < 3 || words.length > most) {
      this.refuse(line, `f takes 3 to ${most} corners, got ${words.length}`);
    }
    const corners = words.map((word) => this.corner(word, line));
    for (let i = 2; i < corners.length; i++) {
      this.faces.push(corners[0] as number, corners[i - 1] as number, corners[i] as number);
    }
    if (this.faces.length > 3 * faces) this.refuse(line, `more than ${faces} triangles`, "OUT_OF_LIMITS");
  }

  /** The vertex of `7`, `7/1`, `7//2`, `7/1/2`, or counted from the last as `-1`. */
  private corner(word: string, line: number): number {
    const [, digits] = /^(-?\d{1,9})(?:\/\d*|\/-\d+){0,2}$/.exec(word) ?? [];
    const count = this.positions.length / 3;
    const given = Number(digits);
    const index = given < 0 ? count + given : given - 1;
    if (digits === undefined || given === 0 || index < 0 || index >= count) {
      this.refuse(line, `"${word}" is none of the ${count} vertices before it`);
    }
    return index;
  }

  private refuse(line: number, why: string, code: "BAD_FILE" | "OUT_OF_LIMITS" = "BAD_FILE"): never {
    throw new VqganClipError(code, `${this.origin}: line ${line}: ${why}`);
  }
}

/** As text: `v x y z r g b` and `f a b c`. */
export function writeObj({ positions, colours, faces }: Mesh): Uint8Array {
  const lines: string[] = [];
  const short = (value: number) => String(Number(value.toPrecision(7)));
  for (let i = 0; i < positions.length; i += 3) {
    const shades = colours ? Array.from(colours.subarray(i, i + 3), (value) => value.toFixed(4)) : [];
    lines.push(["v", ...Array.from(positions.subarray(i, i + 3), short), ...shades].join(" "));
  }
  for (let i = 0; i < faces.length; i += 3) {
    lines.push(`f ${Array.from(faces.subarray(i, i + 3), (index) => index + 1).join(" ")}`);
  }
  return new TextEncoder().encode(`${lines.join("\n")}\n`);
}
