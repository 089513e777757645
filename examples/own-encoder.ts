/**
 * An encoder of your own, in CLIP's place: it knows eight colours by name, and sees of a picture its mean colour. A run
 * ends when every window has the colour asked for. Run: node --import tsx examples/own-encoder.ts
 */
import { ops, type Perceptor, VqganClip } from "vqgan-clip";

const colours = { black: [-1, -1, -1], red: [1, -1, -1], green: [-1, 1, -1], blue: [-1, -1, 1], yellow: [1, 1, -1], cyan: [-1, 1, 1], pink: [1, -1, 1], white: [1, 1, 1] }; // biome-ignore format: one table
const words = Object.keys(colours);
const table = ops.floats([words.length, 3], Object.values(colours).flat()); // a row for each id

export const namedColours: Perceptor = {
  name: "named-colours", // tells it in pictures and sessions, as it has no weights
  inputSize: 16,
  embeddingSize: 3,
  contextLength: 1,
  words,
  tokenize(text) {
    const said: string[] = text.toLowerCase().match(/\w+/g) ?? [];
    const id = words.findIndex((word) => said.includes(word));
    return { ids: [Math.max(0, id)], length: 1, end: 0, unknown: said.filter((word) => !words.includes(word)) };
  },
  encodeText: (ids) => ops.reshape(ops.gather(table, ids), [ids.shape[0]!, 3]),
  encodeImage: (pixels) => ops.add(ops.mul(ops.mean(pixels, { axes: [2, 3] }), 2), -1), // [n,3,16,16] in 0..1 -> [n,3]
  files: [],
};

const vq = await VqganClip.fromPretrained({ clip: namedColours });
const run = vq.create({ prompts: "yellow", size: [128, 128], steps: 30, cutouts: 4, learningRate: 0.1, seed: 1 });
await (await run.toFinish()).toPNG(process.argv[2] ?? "yellow.png");
