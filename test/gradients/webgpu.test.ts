/**
 * Every case's two passes on WebGPU against the reference evaluator. Placement is strict (a program that would need the
 * CPU for one op is refused), so this shows that every op has a kernel there, and that its numbers are right.
 */
import { expect, test } from "vitest";
import type { NDArray } from "../../src/core/ndarray.js";
import { compile } from "../../src/runtime/program.js";
import { evaluate } from "../../src/runtime/reference/evaluate.js";
import { setUpSoftwareVulkan } from "../support/software-vulkan.js";
import { cases } from "./cases.js";
import { buildCase, type GradientCase } from "./gradcheck.js";

const missing = setUpSoftwareVulkan();

/** Sessions are slow to make there, and shaders slow to compile in software: cases run eight in one program. */
const CASES_A_PROGRAM = 8;
const TIMEOUT = 600_000;
const runnable = cases.filter(({ notOnWebgpu }) => !notOnWebgpu);
const programs = new Map<number, Promise<Map<string, NDArray>>>();

const builtCase = (index: number) => buildCase(runnable[index] as GradientCase, `case${index}_`);

async function run(indices: readonly number[]): Promise<Map<string, NDArray>> {
  const built = indices.map((index) => ({ index, ...builtCase(index) }));
  const outputs = built.flatMap(({ index, output, gradients }) =>
    [output, ...gradients].map((tensor, i) => [`y${index}_${i}`, tensor] as const),
  );
  const program = await compile(Object.fromEntries(outputs), { device: "webgpu" });
  const feeds = built.flatMap((one) => Object.entries(one.feeds)).filter(([name]) => program.reads(name));
  const results = await program.run(Object.fromEntries(feeds));
  await program.dispose();
  return new Map(Object.entries(results));
}

/** The results of a case's program; of the case alone where that is refused, so that the one to blame is named. */
async function resultsOf(index: number): Promise<Map<string, NDArray>> {
  const batch = Math.floor(index / CASES_A_PROGRAM);
  const indices = runnable.map((_, i) => i).filter((i) => Math.floor(i / CASES_A_PROGRAM) === batch);
  if (!programs.has(batch)) programs.set(batch, run(indices));
  return (programs.get(batch) as Promise<Map<string, NDArray>>).catch(() => run([index]));
}

for (const gradientCase of cases) {
  test(
    `WebGPU agrees on ${gradientCase.name}, forward and backward`,
    async ({ skip }) => {
      if (missing) skip(missing);
      if (gradientCase.notOnWebgpu) skip(gradientCase.notOnWebgpu);
      const index = runnable.indexOf(gradientCase);
      const { output, gradients, feeds } = builtCase(index);
      const results = await resultsOf(index);
      evaluate([output, ...gradients], feeds).forEach((expected, i) => {
        const actual = results.get(`y${index}_${i}`) as NDArray;
        expect(actual.shape).toEqual(expected.shape);
        const scale = Math.max(1, ...Array.from({ length: expected.size }, (_, k) => Math.abs(expected.at(k))));
        for (let k = 0; k < expected.size; k++) {
          // Shading languages promise sines to 2^-11 only, and exponentials to a few units in the last place.
          expect(Math.abs(actual.at(k) - expected.at(k)) / scale, `output ${i}, element ${k}`).toBeLessThan(2e-4);
        }
      });
    },
    TIMEOUT,
  );
}
