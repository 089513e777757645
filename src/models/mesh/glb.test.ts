/** GLB against Khronos' own validator, and its numbers against those that went in. */
import { readFile } from "node:fs/promises";
import { validateBytes } from "gltf-validator";
import { expect, test } from "vitest";
import { fixturePath } from "../../../test/support/fixtures.js";
import { writeGlb } from "./glb.js";
import { type Mesh, readObj } from "./obj.js";
import { surfaceOf } from "./surface.js";

const read = (text: string) => readObj(new TextEncoder().encode(text), "a.obj");

/** The document, and a vector or index of one of its arrays. */
function opened(glb: Uint8Array) {
  const view = new DataView(glb.buffer);
  const length = view.getUint32(12, true);
  const document = JSON.parse(new TextDecoder().decode(glb.subarray(20, 20 + length)));
  const numbers = (accessor: number) => {
    const { bufferView, count, type, componentType } = document.accessors[accessor];
    const begin = 28 + length + document.bufferViews[bufferView].byteOffset;
    const read = componentType === 5126 ? view.getFloat32.bind(view) : view.getUint32.bind(view);
    return Array.from({ length: type === "VEC3" ? 3 * count : count }, (_, i) => read(begin + 4 * i, true));
  };
  const { attributes, indices } = document.meshes[0].primitives[0];
  return { attributes, indices, numbers };
}

async function issuesOf(glb: Uint8Array) {
  const { issues, info } = await validateBytes(glb);
  return { found: issues.messages.map(({ code, message }) => `${code}: ${message}`), info };
}

test("the validator finds nothing to say, of coloured meshes, bare ones and vertices without a face", async () => {
  const solid = readObj(await readFile(fixturePath("mesh/solid.obj")), "solid.obj");
  const meshes: Mesh[] = [
    { ...solid, colours: solid.positions.map((value) => Math.min(1, Math.abs(value))) },
    read("v 0 0 0\nv 1e6 0 0\nv 0.1 12345.67 0\nv 5 5 5\nf 1 2 3"),
  ];
  for (const mesh of meshes) {
    const { found, info } = await issuesOf(writeGlb(mesh));
    expect(found).toEqual([]);
    expect(info).toMatchObject({ version: "2.0", totalVertexCount: mesh.positions.length / 3 });
    expect(info).toMatchObject({ totalTriangleCount: mesh.faces.length / 3, materialCount: 1 });
  }
});

test("and it does find a wrong bound, and an index beyond the vertices", async () => {
  const glb = writeGlb(read("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3"));
  const moved = glb.slice();
  moved[glb.length - 12 - 72 + 3] = 0x41; // x of the first vertex: 8
  expect((await issuesOf(moved)).found.join()).toContain("ACCESSOR_MAX_MISMATCH");
  const beyond = glb.with(glb.length - 4, 9);
  expect((await issuesOf(beyond)).found.join()).toContain("ACCESSOR_INDEX_OOB");
});

test("places and faces are the mesh's, normals its smooth ones, colours linear", () => {
  const mesh = read(
    "v 0 0 0 1 0 .5\nv 1 0 0 .04 .04045 .8\nv 0 1 0 0 .5 1\nv 0 0 1 .2 .2 .2\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 3 1 4",
  );
  const { attributes, indices, numbers } = opened(writeGlb(mesh));
  expect(numbers(attributes.POSITION)).toEqual([...mesh.positions]);
  expect(numbers(indices)).toEqual([...mesh.faces]);
  const normals = [...surfaceOf(mesh, "a.obj").normals];
  for (const [i, value] of numbers(attributes.NORMAL).entries()) expect(value).toBeCloseTo(normals[i] as number, 6);
  const corner = -Math.sqrt(1 / 3); // of the three faces that meet at the origin
  for (const value of numbers(attributes.NORMAL).slice(0, 3)) expect(value).toBeCloseTo(corner, 6);
  // of tables of sRGB, such as CSS Color 4's sample code
  const colours = [1, 0, 0.2140411, 0.00309598, 0.0031308, 0.6038273, 0, 0.2140411, 1, 0.0331048, 0.0331048, 0.0331048];
  for (const [i, value] of numbers(attributes.COLOR_0).entries()) expect(value).toBeCloseTo(colours[i] as number, 6);
});
