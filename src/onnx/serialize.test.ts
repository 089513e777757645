import { fromBinary } from "@bufbuild/protobuf";
import { InferenceSession, Tensor as Value } from "onnxruntime-node";
import { expect, test } from "vitest";
import { NDArray } from "../core/ndarray.js";
import { input, type Tensor, weight } from "../graph/tensor.js";
import { cast, mul } from "../ops/arithmetic.js";
import { transpose } from "../ops/layout.js";
import { matmul } from "../ops/linear-algebra.js";
import { sessionOptions } from "../runtime/devices.js";
import { ModelProtoSchema } from "./generated/onnx_pb.js";
import { serialize } from "./serialize.js";

const SIDE = 256;

/** A stored array of halves of .1 as float32. */
function half(name: string, shape: readonly number[]): Tensor {
  const bytes = new Uint8Array(2 * shape.reduce((a, b) => a * b)).fill(0x2e);
  const array = NDArray.fromBytes("float16", shape, bytes);
  return cast(weight(name, array, { kind: "memory", array }), "float32");
}

async function made(y: Tensor, weightsAtUse: boolean) {
  const { bytes } = serialize({ y }, { weightsAtUse });
  const nodes = fromBinary(ModelProtoSchema, bytes).graph?.node ?? [];
  const session = await InferenceSession.create(bytes, sessionOptions("cpu", { lowMemory: weightsAtUse }, undefined));
  const x = Float32Array.from({ length: SIDE }, (_, i) => Math.sin(i));
  const results = await session.run({ x: new Value("float32", x, [1, SIDE]) });
  await session.release();
  return {
    casts: nodes.filter(({ opType }) => opType === "Cast").length,
    values: [...((results.y as Value).data as Float32Array)],
  };
}

test("weights at use: what is large and calculated from weights is calculated for each user, to the same numbers", async () => {
  const [large, small, x] = [half("w", [SIDE, SIDE]), half("b", [1]), input("x", "float32", [1, SIDE])];
  const y = mul(mul(matmul(matmul(x, large), transpose(large, [1, 0])), small), small);
  const [once, atUse] = [await made(y, false), await made(y, true)];
  expect([once.casts, atUse.casts]).toEqual([2, 3]); // the small one stays one
  once.values.forEach((value, i) => {
    expect(atUse.values[i]).toBeCloseTo(value, 5);
  });
});
