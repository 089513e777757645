/** Whether several latents in one program are faster than one after the other: what a grid, a race or a series would gain by batches. */
import { fileURLToPath } from "node:url";
import { grad } from "../src/autodiff/grad.js";
import { NDArray } from "../src/core/ndarray.js";
import { Random } from "../src/core/random.js";
import { input, type Tensor } from "../src/graph/tensor.js";
import { loadGenerator } from "../src/models/load.js";
import { compile } from "../src/runtime/program.js";
import { median } from "./probe.js";

const COMPACT = fileURLToPath(new URL("../models/compact/vqgan", import.meta.url));

/** Seconds that the bundled VQGAN takes to draw `count` latents and to hand their gradients back: one after the other, and together. Medians of runs in turns. */
export async function batchSeconds(count: number, threads: number, rounds: number): Promise<[number, number]> {
  const generator = await loadGenerator(COMPACT);
  const drawing = async (batch: number) => {
    const [z, ct] = [input("z", "float32", [batch, 32, 16, 16]), input("ct", "float32", [batch, 3, 128, 128])];
    const program = await compile({ gradient: grad(generator.decode(z), [z], ct)[0] as Tensor }, { threads });
    const random = new Random(0);
    const feeds = {
      z: NDArray.float32(z.shape, random.normals(8192 * batch)),
      ct: NDArray.float32(ct.shape, random.normals(49_152 * batch)),
    };
    await program.run(feeds);
    return { program, draw: () => program.run(feeds) };
  };
  const [single, together] = [await drawing(1), await drawing(count)];
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    let start = performance.now();
    for (let i = 0; i < count; i++) await single.draw();
    times[0].push((performance.now() - start) / 1000);
    start = performance.now();
    await together.draw();
    times[1].push((performance.now() - start) / 1000);
  }
  await Promise.all([single.program.dispose(), together.program.dispose()]);
  return [median(times[0]), median(times[1])];
}
