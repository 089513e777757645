import { expect, test } from "vitest";
import { meshLimits, readObj, writeObj } from "./obj.js";
import { writePly } from "./ply.js";
import { surfaceOf } from "./surface.js";

const read = (text: string) => readObj(new TextEncoder().encode(text), "a.obj");
const square = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n";

test("polygons become fans; counting from the last, textures, remarks and long lines are understood", () => {
  const mesh = read(`# a square\nmtllib a.mtl\n${square}vt 0 0\r\nvn 0 0 1\nf 1/1/1 2/1 3//1 \\\n-1 # all\n`);
  expect([...mesh.faces]).toEqual([0, 1, 2, 0, 2, 3]);
  expect([...mesh.positions.slice(3, 6)]).toEqual([1, 0, 0]);
  expect(mesh.colours).toBeUndefined();
});

test("what is written is read again, with its colours", () => {
  const mesh = read("v 0 0 0 1 0 0\nv 1 0 0 0 1 0\nv 1e-3 12345.67 0 0 0 .5\nf 1 2 3");
  expect(readObj(writeObj(mesh), "b.obj")).toEqual(mesh);
  const ply = writePly(mesh);
  const header = new TextDecoder().decode(ply).split("end_header\n")[0] as string;
  expect(header).toContain("element vertex 3\n");
  expect(ply.length).toBe(header.length + "end_header\n".length + 3 * 15 + 13);
  const view = new DataView(ply.buffer, ply.length - 13);
  expect([view.getUint8(0), view.getInt32(1, true), view.getInt32(5, true), view.getInt32(9, true)]).toEqual([
    3, 0, 1, 2,
  ]);
  expect([...ply.slice(ply.length - 16, ply.length - 13)]).toEqual([0, 0, 128]);
});

test("a surface lies about the origin within a radius of 1, normals point to where faces turn anticlockwise", () => {
  const { positions, normals, radius, centre } = surfaceOf(read(`${square}f 1 2 3 4`), "a.obj");
  expect([...centre, radius]).toEqual([0.5, 0.5, 0, Math.SQRT1_2]);
  expect(Math.hypot(...positions.slice(0, 3))).toBeCloseTo(1);
  expect([...normals.slice(0, 3)]).toEqual([0, 0, 1]);
});

test.each([
  ["", "BAD_FILE", "a.obj: holds no faces"],
  ["v 0 0\n", "BAD_FILE", 'line 1: v takes three numbers within 1000000000, got "0 0"'],
  ["v 0 0 nan\n", "BAD_FILE", "line 1: v takes three numbers"],
  ["v 0 0 1e99\n", "BAD_FILE", "line 1: v takes three numbers"],
  [`${square}f 1 2\n`, "BAD_FILE", "line 5: f takes 3 to 64 corners, got 2"],
  [`${square}f 1 2 5\n`, "BAD_FILE", 'line 5: "5" is none of the 4 vertices before it'],
  [`${square}f 1 2 0\n`, "BAD_FILE", 'line 5: "0" is none'],
  [`${square}f 1 2 -5\n`, "BAD_FILE", 'line 5: "-5" is none'],
  [`${square}f 1 2 3.5\n`, "BAD_FILE", 'line 5: "3.5" is none'],
  [`${square}f ${"1 ".repeat(65)}\n`, "BAD_FILE", "line 5: f takes 3 to 64 corners, got 65"],
  ["v 0 0 0\n".repeat(meshLimits.vertices + 1), "OUT_OF_LIMITS", "more than 100000 vertices"],
  [square + `f ${"1 ".repeat(64)}\n`.repeat(4000), "OUT_OF_LIMITS", "more than 200000 triangles"],
])("%#. %.20s is refused", (text, code, message) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
});

test("bytes that are no text, and points that are one, are refused", () => {
  expect(() => readObj(Uint8Array.of(0x76, 0xff, 0xfe), "a.obj")).toThrow("a.obj: not text");
  expect(() => surfaceOf(read("v 1 1 1\nv 1 1 1\nv 1 1 1\nf 1 2 3"), "a.obj")).toThrow(
    "all its vertices are one point",
  );
});
