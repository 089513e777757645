import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { InferenceSession } from "#onnxruntime";
import { input, type Tensor } from "../graph/tensor.js";
import { ModelProtoSchema } from "../onnx/generated/onnx_pb.js";
import { serialize } from "../onnx/serialize.js";
import { gelu, quickGelu } from "./activation.js";

/** The operators that ONNX Runtime runs for `y`. */
async function optimized(y: Tensor): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "activation-"));
  try {
    const optimizedModelFilePath = join(folder, "optimized.onnx");
    const options = { graphOptimizationLevel: "extended", optimizedModelFilePath, logSeverityLevel: 3 } as const;
    await (await InferenceSession.create(serialize({ y }).bytes, options)).release();
    const { graph } = fromBinary(ModelProtoSchema, await readFile(optimizedModelFilePath));
    return graph?.node.map(({ opType }) => opType) ?? [];
  } finally {
    await rm(folder, { recursive: true });
  }
}

const x = input("x", "float32", [2, 8]);

test("gelu and quickGelu are written as ONNX Runtime fuses them, into one pass each", async () => {
  expect(await optimized(gelu(x))).toEqual(["Gelu"]);
  expect(await optimized(quickGelu(x))).toEqual(["QuickGelu"]);
});
