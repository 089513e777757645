/** No function of src/ops is without a gradient case, unless it says why. */
import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { cases } from "./cases.js";

/** Functions that no case need name, and why. */
const excused: Readonly<Record<string, string>> = {
  clampWithGrad: "its derivative is a rule of its own, tested as one",
  replaceGrad: "its derivative is a rule of its own, tested as one",
  stopGradient: "its derivative is a rule of its own, tested as one",
  broadcastTo: "expand, where the shapes differ",
  sumTo: "sum, then reshape",
  convInputGradient: "a derivative itself, in every case of conv2d",
  siluGradient: "a derivative itself, in every case of silu",
  floats: "makes a constant",
  ints: "makes a constant",
  zeros: "makes a constant",
  numbersOf: "reads a constant",
};

test("every function of src/ops has a case whose name begins with its own, or an excuse", async () => {
  const files = await readdir(new URL("../../src/ops", import.meta.url));
  const names = files.filter((file) => !file.endsWith(".test.ts")).map((file) => file.replace(/\.ts$/, ""));
  const modules = await Promise.all(names.map((name): Promise<object> => import(`../../src/ops/${name}.ts`)));
  const functions = modules.flatMap((module) => Object.keys(module));
  const named = new Set(cases.map(({ name }) => name.match(/^\w+/)?.[0]));
  expect(functions.filter((name) => !named.has(name) && !excused[name])).toEqual([]);
  expect(Object.keys(excused).filter((name) => !functions.includes(name))).toEqual([]);
});
