import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fixture, fixturePath } from "../../test/support/fixtures.js";
import { Random } from "../core/random.js";
import { optimizers } from "./optimizer.js";
import { directions, estimated, type PairLosses } from "./pgpe.js";

test("twenty populations on a quadratic follow evotorch: middle and spread", async () => {
  const { rate, spread: first } = JSON.parse(await readFile(fixturePath("pgpe/pgpe.json"), "utf8"));
  const reference = await fixture("pgpe/pgpe.safetensors");
  const row = (name: string, index: number, length: number) =>
    reference(name)
      .floats()
      .subarray(index * length, (index + 1) * length);
  const [steps, pairs, length] = reference("normals").shape as [number, number, number];
  const [centre, weights] = [reference("centre").floats(), reference("weights").floats()];
  const lossAt = (at: Float32Array) =>
    at.reduce((sum, value, i) => sum + (weights[i] as number) * (value - (centre[i] as number)) ** 2, 0);

  let middle = new Float32Array(length);
  let spread = new Float32Array(length).fill(first);
  let state = optimizers.clipup.init(length);
  for (let step = 0; step < steps; step++) {
    const away = Array.from({ length: pairs }, (_, pair) =>
      row("normals", step * pairs + pair, length).map((value, i) => value * (spread[i] as number)),
    );
    const losses = away.map((direction): PairLosses => {
      const at = (sign: number) => lossAt(middle.map((value, i) => value + sign * (direction[i] as number)));
      return [at(1), at(-1)];
    });
    const found = estimated(away, losses, spread);
    const moved = optimizers.clipup.update(middle, found.gradient, state, rate);
    [middle, spread, state] = [Float32Array.from(moved.parameters), Float32Array.from(found.spread), moved.state];
    for (let i = 0; i < length; i++) {
      expect(middle[i], `middle ${i} after ${step + 1}`).toBeCloseTo(row("middles", step, length)[i] as number, 4);
      expect(spread[i], `spread ${i} after ${step + 1}`).toBeCloseTo(row("spreads", step, length)[i] as number, 4);
    }
  }
  expect(lossAt(middle)).toBeLessThan(0.2 * lossAt(new Float32Array(length)));
});

test("directions are normal numbers of each one's spread, and the same for the same seed", () => {
  const spread = Float32Array.of(0.5, 2);
  const away = directions(spread, 2000, new Random(1));
  for (const [i, width] of spread.entries()) {
    const mean = away.reduce((sum, direction) => sum + (direction[i] as number), 0) / away.length;
    const square = away.reduce((sum, direction) => sum + (direction[i] as number) ** 2, 0) / away.length;
    expect(Math.abs(mean)).toBeLessThan(0.1 * width);
    expect(Math.abs(Math.sqrt(square) / width - 1)).toBeLessThan(0.05);
  }
  expect(directions(spread, 3, new Random(1))).toEqual(directions(spread, 3, new Random(1)));
});
