/**
 * A diffusion pipeline of published size with random weights in one step: its picture and the noise's gradient against the
 * diffusers library in float64, seconds a step, and peak memory beside what was predicted. Not part of the test suite, since
 * it needs files of gigabytes: make them with `test/fixtures/make/full_size_diffusion.py --out DIR`, then
 *
 *     node --import tsx test/parity/full-size-diffusion.ts DIR/sdxs-512 --size 256 --threads 2 [--recompute] [--low-memory]
 *
 * Prints one row of a Markdown table; exits with 1 where the reference, made at the same size, is missed.
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { medianSeconds } from "../../bench/probe.js";
import { peakMegabytes } from "../../bench/resident.js";
import { grad } from "../../src/autodiff/grad.js";
import { NDArray } from "../../src/core/ndarray.js";
import { sameShape } from "../../src/core/shape.js";
import { input, type Tensor } from "../../src/graph/tensor.js";
import { loadGenerator } from "../../src/models/load.js";
import type { TextReader } from "../../src/models/text-reader.js";
import { predictPeakMemory } from "../../src/runtime/memory.js";
import { compile } from "../../src/runtime/program.js";
import { parseSafetensors } from "../../src/weights/safetensors.js";
import { relativeError } from "../support/fixtures.js";

const BAR = 1e-3;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: "string", default: "256" },
    threads: { type: "string", default: "2" },
    repeat: { type: "string", default: "2" },
    recompute: { type: "boolean", default: false },
    "low-memory": { type: "boolean", default: false },
  },
});
const [folder] = positionals;
if (!folder) throw new Error("usage: node --import tsx test/parity/full-size-diffusion.ts DIR/sdxs-512 [--size 256]");
const size = Number(values.size);
const ways = { recompute: values.recompute, lowMemory: values["low-memory"] };

const expected = parseSafetensors(await readFile(join(folder, "expected.safetensors")));
const generator = await loadGenerator(resolve(folder));
const { embeddingSize } = generator.text as TextReader;
const states = await expected.read("states");
const shape = generator.latentShape?.([size, size]) as readonly number[];
const noise = input("noise", "float32", shape);
const ct = input("ct", "float32", [1, 3, size, size]);
const picture = generator.decode(noise, {
  text: input("text", "float32", [1, embeddingSize]),
  recompute: ways.recompute,
});
const [dnoise] = grad(picture, [noise], ct) as [Tensor];
const outputs = { picture, dnoise };
const predicted = predictPeakMemory([Object.values(outputs)], ways) / 1e6;

const known = await expected.read("noise");
const isKnown = sameShape(known.shape, shape);
const feeds = {
  text: NDArray.float32([1, embeddingSize], states.floats()),
  noise: isKnown
    ? known
    : NDArray.float32(
        shape,
        known.floats().slice(
          0,
          noise.shape.reduce((a, b) => a * b),
        ),
      ),
  ct: isKnown
    ? await expected.read("ct")
    : NDArray.float32(ct.shape, (await expected.read("ct")).floats().slice(0, 3 * size * size)),
};
const start = performance.now();
const program = await compile(outputs, { threads: Number(values.threads), lowMemory: ways.lowMemory });
const load = (performance.now() - start) / 1000;
const loaded = peakMegabytes();
const result = await program.run(feeds);
const errors = isKnown
  ? [
      relativeError(result.picture, await expected.read("picture")),
      relativeError(result.dnoise, await expected.read("dnoise")),
    ]
  : [];
const seconds = await medianSeconds(Number(values.repeat), () => program.run(feeds));
await program.dispose();
const way = [ways.recompute && "recompute", ways.lowMemory && "low memory"].filter(Boolean).join(", ") || "usual";
const measured = peakMegabytes();
const cells = [
  ...[generator.name, size, way, load.toFixed(1), seconds.toFixed(1)],
  ...[loaded, measured, predicted].map((megabytes) => megabytes.toFixed(0)),
  ...(isKnown ? errors.map((error) => error.toExponential(1)) : ["", ""]),
];
console.log(
  "| model | px | way | load s | s/step | peak MB until loaded | peak MB | predicted MB | picture, relative error | noise's gradient |\n",
);
console.log(`| ${cells.join(" | ")} |`);
if (errors.some((error) => !(error <= BAR))) process.exitCode = 1;
