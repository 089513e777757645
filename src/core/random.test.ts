import { expect, test } from "vitest";
import { Random } from "./random.js";

test("equal seeds give equal streams, others differ", () => {
  const draw = (seed: number) => new Random(seed).normals(8);
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  expect(draw(2 ** 40)).not.toEqual(draw(0));
});

test("known answers of the generator (Salmon et al., Random123)", () => {
  // Key 0, counter 0; this generator counts from 1, so it is set one step back.
  const random = Random.fromState([0, 0, 0xffffffff, 0xffffffff, 4]);
  const block = Array.from({ length: 4 }, () => random.uint32().toString(16));
  expect(block).toEqual(["6627e8d5", "e169c58d", "bc57ac4c", "9b00dbd8"]);
});

test("a state restores the stream in the middle of a block", () => {
  const random = new Random(5);
  for (let i = 0; i < 7; i++) random.uint32();
  const restored = Random.fromState(JSON.parse(JSON.stringify(random.state)));
  expect(restored.normals(9)).toEqual(random.normals(9));
});

test("a split depends on key and label, not on how much was drawn", () => {
  const [fresh, used] = [new Random(3), new Random(3)];
  used.normals(11);
  expect(used.split("a").uint32()).toBe(fresh.split("a").uint32());
  expect(fresh.split("a").uint32()).not.toBe(fresh.split("b").uint32());
  expect(fresh.split("a").uint32()).not.toBe(new Random(4).split("a").uint32());
});

test("moments: uniform 1/2 and 1/12, normal 0 and 1; integers reach every value", () => {
  const random = new Random(1);
  const uniforms = Array.from({ length: 20_000 }, () => random.uniform());
  const normals = Array.from(random.normals(20_000));
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [u, n] = [mean(uniforms), mean(normals)];
  expect(u).toBeCloseTo(0.5, 2);
  expect(mean(uniforms.map((value) => (value - u) ** 2))).toBeCloseTo(1 / 12, 2);
  expect(n).toBeCloseTo(0, 1);
  expect(mean(normals.map((value) => (value - n) ** 2))).toBeCloseTo(1, 1);
  expect(new Set(Array.from({ length: 200 }, () => random.integer(5)))).toEqual(new Set([0, 1, 2, 3, 4]));
});

test("seeds that are no whole numbers from 0 are refused", () => {
  for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => new Random(seed)).toThrow("whole number");
});
