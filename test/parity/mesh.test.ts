/** Meshes: what is seen, pictures and gradients against torch, against differences, and on the host against the graph. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { shapes } from "../../examples/own-meshes.js";
import { grad } from "../../src/autodiff/grad.js";
import { NDArray } from "../../src/core/ndarray.js";
import { Random } from "../../src/core/random.js";
import { sizeOf } from "../../src/core/shape.js";
import { input, type Tensor } from "../../src/graph/tensor.js";
import { solidOf } from "../../src/models/generator.js";
import { cameraAt } from "../../src/models/mesh/cameras.js";
import { HostField, styled } from "../../src/models/mesh/field.js";
import { meshGenerator } from "../../src/models/mesh/mesh.js";
import { readObj } from "../../src/models/mesh/obj.js";
import { completeMesh, type MeshOptions } from "../../src/models/mesh/options.js";
import { surfaceOf } from "../../src/models/mesh/surface.js";
import { visibleFaces } from "../../src/models/mesh/visible.js";
import { compile } from "../../src/runtime/program.js";
import { evaluate } from "../../src/runtime/reference/evaluate.js";
import { fixture, fixturePath, largestError, relativeError } from "../support/fixtures.js";

const readSolid = async () => readObj(await readFile(fixturePath("mesh/solid.obj")), "solid.obj");

/** The program of a mesh's views, -1..1, and the gradient of their sum with `ct`. */
async function programOf(options: MeshOptions, [width, height]: readonly [number, number]) {
  const generator = meshGenerator(await readSolid(), options, "solid.obj", []);
  const z = input("z", "float32", generator.latentShape([height, width]));
  const picture = generator.decode(z, { size: [width, height] });
  const [gradient] = grad(picture, [z], input("ct", "float32", picture.shape)) as [Tensor];
  return { generator, z, picture, gradient };
}

test("what is seen, pictures and gradient agree with torch's", async () => {
  const { size, angles, options } = JSON.parse(await readFile(fixturePath("mesh/mesh.json"), "utf8"));
  const reference = await fixture("mesh/mesh.safetensors");
  const [width, height] = size as [number, number];
  const cameras = (angles as [number, number][]).map((angle) => cameraAt(...angle));
  const surface = surfaceOf(await readSolid(), "solid.obj");
  const { positions } = new HostField(surface, completeMesh(options)).styled(reference("z"));
  const rows = visibleFaces(positions, surface.faces, cameras, [height, width]);
  const faces = surface.faces.length / 3;
  const seen = Int32Array.from(reference("visible").floats(), (face, i) =>
    face < 0 ? cameras.length * faces : Math.floor(i / (width * height)) * faces + face,
  );
  expect(seen.filter((row) => row < cameras.length * faces).length).toBeGreaterThan(200);
  expect(rows).toEqual(seen);

  const { picture, gradient } = await programOf(options, [width, height]);
  const program = await compile({ picture, gradient }, { threads: 1 });
  const made = await program.run({
    z: reference("z"),
    cameras: NDArray.float32([cameras.length, 3, 3], cameras.flat()),
    visible: new NDArray("int32", [seen.length], seen),
    ct: NDArray.float32(
      picture.shape,
      reference("cotangent")
        .floats()
        .map((value) => value / 2),
    ),
  });
  await program.dispose();
  const halved = NDArray.float32(
    picture.shape,
    made.picture.floats().map((value) => (value + 1) / 2),
  );
  expect(largestError(halved, reference("picture"))).toBeLessThan(1e-4);
  expect(relativeError(made.gradient, reference("gradient"))).toBeLessThan(1e-4);
});

test.each([
  ["of each vertex", { detail: 0, views: 2 }],
  ["of waves, without grey pictures", { detail: 0.7, views: 1, bare: "off", shape: 0.3 }],
  ["of the shape alone", { detail: 0, views: 1, colour: "off" }],
] as const)("the gradient %s is that of central differences", async (_, options) => {
  const size = [8, 7] as const;
  const { generator, z, picture, gradient } = await programOf({ spread: 30, ...options }, size);
  const random = new Random(4);
  const numbers = Array.from(random.normals(sizeOf(z.shape)), (value) => value / 2);
  const z0 = NDArray.float32(z.shape, numbers);
  const { cameras, visible } = solidOf(generator, "test").feeds(z0, [size[1], size[0]], random);
  const ct = NDArray.float32(picture.shape, random.normals(sizeOf(picture.shape)));
  const at = (values: readonly number[]) => ({
    ...{ z: new NDArray("float64", z.shape, Float64Array.from(values)), cameras, visible, ct },
  });
  const value = (values: readonly number[]) => {
    const [made] = evaluate([picture], at(values) as never) as [NDArray];
    return Array.from({ length: made.size }, (_, i) => made.at(i) * ct.at(i)).reduce((total, part) => total + part, 0);
  };
  const [exact] = evaluate([gradient], at(numbers) as never) as [NDArray];
  const directions = Array.from({ length: 3 }, () => random.normals(numbers.length));
  const along = directions.map((way) => way.reduce((sum, part, i) => sum + part * exact.at(i), 0));
  const differences = directions.map((way) => {
    const moved = (by: number) => value(numbers.map((number, i) => number + by * (way[i] as number)));
    return (moved(1e-5) - moved(-1e-5)) / 2e-5;
  });
  expect(Math.min(...along.map(Math.abs))).toBeGreaterThan(0.01);
  for (const [i, difference] of differences.entries()) {
    expect(Math.abs((along[i] as number) / difference - 1)).toBeLessThan(0.001);
  }
});

test.each(Object.entries(shapes))("the %s of the example is closed, and its faces look outwards", (_, write) => {
  const { positions, faces } = readObj(new TextEncoder().encode(write()), "example");
  const edges = new Map<string, number>();
  let volume = 0;
  for (let i = 0; i < faces.length; i += 3) {
    const [a, b, c] = faces.subarray(i, i + 3) as unknown as [number, number, number];
    for (const edge of [`${a} ${b}`, `${b} ${c}`, `${c} ${a}`]) edges.set(edge, (edges.get(edge) ?? 0) + 1);
    const [p, q, r] = [a, b, c].map((index) => positions.subarray(3 * index, 3 * index + 3)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    for (let k = 0; k < 3; k++) {
      const at = (point: Float64Array, axis: number) => point[axis % 3] as number;
      volume += (at(p, k) * (at(q, k + 1) * at(r, k + 2) - at(q, k + 2) * at(r, k + 1))) / 6;
    }
  }
  expect([...edges.values()].every((count) => count === 1)).toBe(true);
  expect([...edges.keys()].every((edge) => edges.has(edge.split(" ").reverse().join(" ")))).toBe(true);
  expect(volume).toBeGreaterThan(0.5);
});

test("the host's field of waves is the graph's", async () => {
  const surface = surfaceOf(await readSolid(), "solid.obj");
  const look = completeMesh({ detail: 2, shape: 0.4 });
  const latent = NDArray.float32([1, 256, 4], new Random(3).normals(1024));
  const program = await compile({ ...styled(input("z", "float32", latent.shape), surface, look) }, { threads: 1 });
  const graph = await program.run({ z: latent });
  await program.dispose();
  const host = new HostField(surface, look).styled(latent);
  for (const name of ["positions", "colours"] as const) {
    expect(largestError(NDArray.float32(graph[name].shape, host[name]), graph[name])).toBeLessThan(1e-5);
  }
});
