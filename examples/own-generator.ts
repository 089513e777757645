/**
 * A generator of your own: stained glass. The latent is one pane's place and colour each; every pixel has the colour of
 * the pane nearest to it, softly, so that panes can move. Run: node --import tsx examples/own-generator.ts
 */
import { type Generator, ops, VqganClip } from "vqgan-clip";

const panes = 80;

export const glass: Generator = {
  name: "glass", // tells it in pictures and sessions, as it has no weights
  factor: 1,
  resolution: 128,
  deviation: 0.7,
  latentShape: () => [1, 5, panes], // x, y, red, green, blue
  decode(z, { size: [width, height] = [128, 128] } = {}) {
    const part = (i: number) => ops.reshape(ops.tanh(ops.slice(z, 1, i, i + 1)), [panes, 1]);
    const pixels = Array.from({ length: width * height }, (_, i) => [i % width, Math.floor(i / width)] as const);
    const xs = ops.floats([1, pixels.length], pixels.map(([x]) => (2 * x) / width - 1)); // biome-ignore format: one line
    const ys = ops.floats([1, pixels.length], pixels.map(([, y]) => (2 * y) / height - 1)); // biome-ignore format: one line
    const squared = ops.add(ops.square(ops.sub(part(0), xs)), ops.square(ops.sub(part(1), ys))); // [panes, pixels]
    const colours = ops.concat([part(2), part(3), part(4)], 1); // [panes, 3]
    const mixed = ops.matmul(ops.transpose(colours), ops.softmax(ops.mul(squared, -300), 0)); // [3, pixels]
    return ops.reshape(mixed, [1, 3, height, width]);
  },
  files: [],
};

const vq = await VqganClip.fromPretrained({ vqgan: glass });
const run = vq.create({ prompts: "a red apple", steps: 60, cutouts: 8, learningRate: 0.05, seed: 1, regularizer: { weight: 0 } }); // biome-ignore format: one request
await (await run.toFinish()).toPNG(process.argv[2] ?? "glass.png");
