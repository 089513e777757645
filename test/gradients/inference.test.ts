/** The types that ops infer, against those that ONNX Runtime finds, for every value of every case's two passes. */

import { expect, test } from "vitest";
import { InferenceSession, Tensor as OrtTensor } from "#onnxruntime";
import { toposort } from "../../src/graph/toposort.js";
import { serialize } from "../../src/onnx/serialize.js";
import { cases } from "./cases.js";
import { buildCase } from "./gradcheck.js";

test.each(cases)("ONNX Runtime finds the inferred types in $name", async (gradientCase) => {
  const { output, gradients, feeds } = buildCase(gradientCase);
  const values = toposort([output, ...gradients]).filter(({ op }) => op);
  const { bytes, inputs } = serialize(Object.fromEntries(values.map((value, i) => [`y${i}`, value])));
  // Unoptimised, so that no value is folded into another.
  const session = await InferenceSession.create(bytes, { graphOptimizationLevel: "disabled", intraOpNumThreads: 1 });
  const fed = Object.entries(feeds).filter(([name]) => inputs.has(name));
  const results = await session.run(
    Object.fromEntries(fed.map(([name, array]) => [name, new OrtTensor("float32", array.floats(), array.shape)])),
  );
  const found = values.map(({ op }, i) => `${op?.name} ${results[`y${i}`]?.type}[${results[`y${i}`]?.dims}]`);
  await session.release();
  expect(found).toEqual(values.map((value) => `${value.op?.name} ${value}`));
});
