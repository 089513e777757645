/**
 * How fast drawings are drawn and differentiated, without an encoder: `npm run bench:strokes -- [--threads 2] [--repeat 3]`.
 * CPU seconds tell what a machine that is busy with other work would take alone.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { grad } from "../src/autodiff/grad.js";
import { NDArray } from "../src/core/ndarray.js";
import { Random } from "../src/core/random.js";
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
  `\n${threads} threads\n\n| strokes | pixels | drawn | steps/s | CPU seconds a step | times as fast |\n| --- | --- | --- | --- | --- | --- |`,
);
// biome-ignore format: a table
for (const [options, side] of [
  [{ count: 40 }, 128],
  [{ count: 64 }, 224],
  [{ count: 256, width: 0.9 }, 224],
  [{ count: 256, shape: "closed" }, 224],
  [{ count: 1024, width: 0.9 }, 224],
] as const) {
  const generator = strokes(options);
  const random = new Random(0);
  const latent = generator.first?.([side, side], random) as NDArray;
  const ct = NDArray.float32([1, 3, side, side], random.normals(3 * side * side));
  let everywhere: number | undefined;
  for (const room of [undefined, generator.culling?.roomFor(latent, [side, side])]) {
    if (room === undefined && options.count > 256) continue; // takes many gigabytes
    const z = input("z", "float32", latent.shape);
    const picture = generator.decode(z, { size: [side, side], room });
    const [gradient] = grad(picture, [z], input("ct", "float32", picture.shape)) as [Tensor];
    const program = await compile({ picture, gradient }, { threads });
    const lists = () => (room === undefined ? {} : generator.culling?.feeds(latent, [side, side], room));
    const before = process.cpuUsage();
    const seconds = await medianSeconds(repeat, () => program.run({ z: latent, ct, ...lists() }));
    const { user, system } = process.cpuUsage(before);
    await program.dispose();
    const cpu = (user + system) / 1e6 / (repeat + 1);
    if (room === undefined) everywhere = seconds;
    const ratio = everywhere === undefined ? "" : (everywhere / seconds).toFixed(1);
    const kind = "shape" in options ? " shapes" : "";
    const drawn = room === undefined ? "everywhere" : "in tiles";
    console.log(`| ${options.count}${kind} | ${side} | ${drawn} | ${(1 / seconds).toFixed(2)} | ${cpu.toFixed(2)} | ${ratio} |`);
  }
}
