/**
 * A loss of your own: a spotlight, which darkens the picture towards its edges. It works beside the prompts with any
 * generator, is saved by its name, and its weight may change over the run. Run: node --import tsx examples/own-loss.ts
 */
import { ops, type PictureLoss, VqganClip } from "vqgan-clip";

/** Mean brightness, each pixel weighted by the square of its distance from the centre. */
export const spotlight: PictureLoss = (picture) => {
  const [, , height, width] = picture.shape as [number, number, number, number];
  const weights = Array.from({ length: height * width }, (_, i) => {
    const [x, y] = [((i % width) / width) * 2 - 1, (Math.floor(i / width) / height) * 2 - 1];
    return x * x + y * y;
  });
  return ops.mean(ops.mul(picture, ops.floats([1, 1, height, width], weights)));
};

const vq = await VqganClip.fromPretrained({ losses: { spotlight } });
const run = vq.create({
  prompts: "a red apple",
  seed: 7,
  steps: 40,
  pictureRegularizers: [{ kind: "own", weight: "1->4", name: "spotlight" }],
});
await (await run.toFinish()).toPNG(process.argv[2] ?? "spotlight.png");
