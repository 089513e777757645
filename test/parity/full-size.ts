/**
 * The published sizes (ViT-B/32, VQGAN f16-16384 at 256 px) with random weights against PyTorch in float64. Not part of the
 * test suite, since it needs 900 MB of files: make them with `test/fixtures/make/full_size.py --out DIR`, then
 * `npx tsx test/parity/full-size.ts DIR`. Prints a Markdown table; exits with 1 when a bar is missed.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { NDArray } from "../../src/core/ndarray.js";
import { input } from "../../src/graph/tensor.js";
import { presets } from "../../src/guidance/presets.js";
import type { Settings } from "../../src/guidance/settings.js";
import { buildStep } from "../../src/guidance/step.js";
import { codebookOf, encoderOf } from "../../src/models/generator.js";
import { loadClip, loadGenerator } from "../../src/models/load.js";
import { mul, sub } from "../../src/ops/arithmetic.js";
import { embedPictures, embedTexts } from "../../src/prompts/prompt-embedding.js";
import { compile } from "../../src/runtime/program.js";
import { parseSafetensors } from "../../src/weights/safetensors.js";
import { largestError, relativeError } from "../support/fixtures.js";

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("usage: npx tsx test/parity/full-size.ts DIR");
const dict = parseSafetensors(await readFile(join(folder, "expected.safetensors")));
const { texts } = JSON.parse(await readFile(join(folder, "expected.json"), "utf8")) as { texts: string[] };
const reference = async (name: string): Promise<NDArray> => dict.read(name);

const rows: string[] = [];
let missed = 0;
function report(what: string, error: number, bar: number, kind: string): void {
  if (!(error <= bar)) missed++;
  rows.push(
    `| ${what} | ${kind} | ${error.toExponential(1)} | ${bar.toExponential(0)} | ${error <= bar ? "yes" : "NO"} |`,
  );
}

const perceptor = await loadClip(join(folder, "clip-vit-b-32"));
const generator = await loadGenerator(join(folder, "vqgan-f16-16384"));

const prompts = await embedTexts(perceptor, texts);
report("text embeddings", largestError(prompts, await reference("text.embeddings")), 1e-4, "largest");
const pictures = await embedPictures(perceptor, await reference("in.pixels"));
report("image embeddings", largestError(pictures, await reference("image.embeddings")), 1e-4, "largest");

const picture = input("picture", "float32", [1, 3, 256, 256]);
const z = encoderOf(generator, "full-size")(sub(mul(picture, 2), 1));
const { zq, indices } = codebookOf(generator, "full-size").quantize(z);
const coder = await compile({ z, indices, decoded: generator.decode(zq) });
const coded = await coder.run({ picture: await reference("in.picture") });
await coder.dispose();
report("encode", largestError(coded.z, await reference("z")), 1e-3, "largest");
report("code indices that differ", largestError(coded.indices, await reference("indices")), 0, "count");
report("decode", largestError(coded.decoded, await reference("x_rec")), 1e-3, "largest");

const settings: Settings = {
  ...presets.notebook,
  prompts: "a | b",
  size: [256, 256],
  seed: 0,
  cutouts: 1,
  cutMethod: "whole",
};
const shape = [1, 256, 16, 16];
const step = await compile({ ...buildStep({ generator, perceptor }, settings, shape, 2) });
const result = await step.run({
  z: await reference("in.step.z"),
  prompts: NDArray.float32([2, 512], prompts.floats().subarray(0, 1024)),
  weights: await reference("in.weights"),
  stops: await reference("in.stops"),
  latentWeight: await reference("in.alpha"),
  latentTarget: NDArray.zeros("float32", shape),
});
await step.dispose();
report("picture of the step", largestError(result.image, await reference("step.image")), 1e-3, "largest");
report("losses of the step", relativeError(result.losses, await reference("whole.losses")), 1e-4, "relative L2");
report("dz of the step", relativeError(result.gradient, await reference("whole.dz")), 1e-3, "relative L2");

console.log(["| what | error | measured | bar | met |", "| --- | --- | --- | --- | --- |", ...rows].join("\n"));
process.exitCode = missed > 0 ? 1 : 0;
