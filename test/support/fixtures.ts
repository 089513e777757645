/** Reads the committed reference numbers in test/fixtures (its README describes every tensor). */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { NDArray } from "../../src/core/ndarray.js";
import { parseSafetensors } from "../../src/weights/safetensors.js";

export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

/** All tensors of a fixture file, by name; asking for one that is not there fails the test. */
export async function fixture(name: string): Promise<(tensor: string) => NDArray> {
  const dict = parseSafetensors(await readFile(fixturePath(name)), name);
  const arrays = new Map<string, NDArray>();
  for (const key of dict.names) arrays.set(key, await dict.read(key));
  return (tensor) => {
    const array = arrays.get(tensor);
    if (!array) throw new Error(`${name} has no tensor "${tensor}"; it has ${dict.names.join(", ")}`);
    return array;
  };
}

/** What the fixture step/ feeds to the step of the runs' own graph. */
export function stepFeeds(reference: (tensor: string) => NDArray): Record<string, NDArray> {
  return {
    z: reference("in.z"),
    prompts: reference("in.prompts"),
    weights: reference("in.weights"),
    stops: reference("in.stops"),
    latentWeight: reference("in.alpha"),
    latentTarget: NDArray.zeros("float32", reference("in.z").shape),
  };
}

/** |actual - expected| / |expected|, Euclidean. */
export function relativeError(actual: NDArray, expected: NDArray): number {
  if (actual.shape.join() !== expected.shape.join()) throw new Error(`shapes differ: ${actual} and ${expected}`);
  let difference = 0;
  let length = 0;
  for (let i = 0; i < actual.size; i++) {
    difference += (actual.at(i) - expected.at(i)) ** 2;
    length += expected.at(i) ** 2;
  }
  return Math.sqrt(difference / Math.max(length, 1e-300));
}

/** The largest |actual - expected|. */
export function largestError(actual: NDArray, expected: NDArray): number {
  if (actual.shape.join() !== expected.shape.join()) throw new Error(`shapes differ: ${actual} and ${expected}`);
  let largest = 0;
  for (let i = 0; i < actual.size; i++) largest = Math.max(largest, Math.abs(actual.at(i) - expected.at(i)));
  return largest;
}
