/** Runs ONNX files by onnxruntime-node alone, as another program would: `run-onnx.ts MODEL INPUTS OUTPUTS ...`, all .safetensors. */
import { readFile, writeFile } from "node:fs/promises";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { NDArray } from "../../src/core/ndarray.js";
import { parseSafetensors, writeSafetensors } from "../../src/weights/safetensors.js";

for (let i = 2; i + 2 < process.argv.length; i += 3) {
  const [model, inputs, outputs] = process.argv.slice(i, i + 3) as [string, string, string];
  const session = await InferenceSession.create(model, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const dict = parseSafetensors(await readFile(inputs), inputs);
  const feeds: Record<string, Tensor> = {};
  for (const name of session.inputNames) {
    const { dtype, data, shape } = await dict.read(name);
    feeds[name] = new Tensor(dtype as "float32", data as Float32Array, shape);
  }
  const results = await session.run(feeds);
  const arrays = Object.entries(results).map(([name, { type, dims, data }]) => [
    name,
    new NDArray(type as "float32", dims, (data as Float32Array).slice()),
  ]);
  await writeFile(outputs, writeSafetensors(Object.fromEntries(arrays)));
}
