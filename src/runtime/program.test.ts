import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { grad } from "../autodiff/grad.js";
import { NDArray } from "../core/ndarray.js";
import { constant, input, weight } from "../graph/tensor.js";
import { add, mul } from "../ops/arithmetic.js";
import { conv2d } from "../ops/convolution.js";
import { matmul } from "../ops/linear-algebra.js";
import { sum } from "../ops/reduction.js";
import { compile } from "./program.js";

test("weights are read from inside two files in different folders, without a copy", async () => {
  const root = await mkdtemp(join(tmpdir(), "program-"));
  try {
    const source = async (name: string, values: number[]) => {
      const path = join(root, name);
      await writeFile(path, Buffer.concat([Buffer.from("junk!"), new Uint8Array(Float32Array.from(values).buffer)]));
      return { kind: "file", path, offset: 5, length: values.length * 4 } as const;
    };
    await import("node:fs/promises").then((fs) => fs.mkdir(join(root, "sub")));
    const x = input("x", "float32", [1, 2]);
    const a = weight("a", { dtype: "float32", shape: [2, 2] }, await source("a.bin", [1, 2, 3, 4]));
    const b = weight("b", { dtype: "float32", shape: [2] }, await source("sub/b.bin", [10, 20]));
    const program = await compile({ y: add(matmul(x, a), b) }, { threads: 1 });
    const { y } = await program.run({ x: NDArray.float32([1, 2], [1, 1]) });
    expect([...y.floats()]).toEqual([14, 26]);
    await program.dispose();
  } finally {
    await rm(root, { recursive: true });
  }
});

test("forward and gradient of a convolution run as one program", async () => {
  const x = input("x", "float32", [1, 1, 3, 3]);
  const w = constant(NDArray.float32([1, 1, 2, 2], [1, 2, 3, 4]));
  const loss = sum(mul(conv2d(x, w), 2));
  const [dx] = grad(loss, [x]) as [typeof x];
  const program = await compile({ loss, dx }, { threads: 1 });
  const { loss: value, dx: gradient } = await program.run({
    x: NDArray.float32([1, 1, 3, 3], new Float32Array(9).fill(1)),
  });
  expect(value.item()).toBe(80);
  expect([...gradient.floats()]).toEqual([2, 6, 4, 8, 20, 12, 6, 14, 8]);
  await program.dispose();
});

test("feeds are checked by name and shape", async () => {
  const x = input("x", "float32", [2]);
  const program = await compile({ y: mul(x, 2) }, { threads: 1 });
  await expect(program.run({})).rejects.toThrow('run(): input "x" is missing');
  await expect(program.run({ x: NDArray.float32([3], [1, 2, 3]) })).rejects.toThrow("wants float32[2], got float32[3]");
  await expect(program.run({ x: NDArray.float32([2], [1, 2]), z: NDArray.scalar(1) })).rejects.toThrow('"z"');
  await program.dispose();
});

test("a device that is not there is an error that says why, never a fallback", async () => {
  const x = input("x", "float32", [2]);
  await expect(compile({ y: mul(x, 2) }, { device: "cuda" })).rejects.toThrow(/cuda: /);
});

test("a leaf may be an output, and one value may have several names", async () => {
  const x = input("x", "float32", [2]);
  const doubled = mul(x, 2);
  const outputs = { again: doubled, same: x, doubled, more: add(doubled, 1), fixed: constant(7) };
  const program = await compile(outputs, { threads: 1 });
  const results = await program.run({ x: NDArray.float32([2], [1, 2]) });
  await program.dispose();
  const numbers = Object.entries(results).map(([name, array]) => [name, [...array.floats()]]);
  expect(Object.fromEntries(numbers)).toEqual({
    again: [2, 4],
    same: [1, 2],
    doubled: [2, 4],
    more: [3, 5],
    fixed: [7],
  });
});
