/**
 * How fast drawings are drawn and differentiated, without an encoder: `npm run bench:strokes -- [--threads 2] [--repeat 3]`.
 * CPU seconds tell what a machine that is busy with other work would take alone.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { grad } from "../src/autodiff/grad.js";
import { NDArray } from "../src/core/ndarray.js";
import { Random } from "../src/core/random.js";
import { sizeOf } from "../src/core/shape.js";
import { input, type Tensor } from "../src/graph/tensor.js";
import { strokes } from "../src/models/strokes/strokes.js";
import { compile } from "../src/runtime/program.js";
import { medianSeconds } from "./probe.js";

const { values } = parseArgs({
  options: {
    threads: { type: "string", default: String(availableParallelism()) },
    repeat: { type: "string", default: "3" },
  },
});
const [threads, repeat] = [Number(values.threads), Number(values.repeat)];

console.log(
  `\n${threads} threads\n\n| strokes | pixels | steps/s | CPU seconds a step | peak memory |\n| --- | --- | --- | --- | --- |`,
);
for (const [count, side] of [
  [40, 128],
  [64, 224],
  [256, 224],
] as const) {
  // biome-ignore format: a table
  const generator = strokes({ count });
  const z = input("z", "float32", generator.latentShape([side, side]));
  const picture = generator.decode(z, { size: [side, side] });
  const [gradient] = grad(picture, [z], input("ct", "float32", picture.shape)) as [Tensor];
  const program = await compile({ picture, gradient }, { threads });
  const random = new Random(0);
  const ct = NDArray.float32(picture.shape, random.normals(sizeOf(picture.shape)));
  const latent = generator.first?.([side, side], random) as NDArray;
  const before = process.cpuUsage();
  const seconds = await medianSeconds(repeat, () => program.run({ z: latent, ct }));
  const { user, system } = process.cpuUsage(before);
  await program.dispose();
  const cpu = (user + system) / 1e6 / (repeat + 1);
  const memory = `${(process.resourceUsage().maxRSS / 1e6).toFixed(1)} GB`;
  console.log(`| ${count} | ${side} | ${(1 / seconds).toFixed(2)} | ${cpu.toFixed(2)} | ${memory} |`);
}
