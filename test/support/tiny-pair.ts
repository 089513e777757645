import { VqganClip } from "../../src/vqgan-clip.js";
import { fixturePath } from "./fixtures.js";

/** The tiny models with random weights, on one thread. */
export const tinyPair = (): Promise<VqganClip> =>
  VqganClip.fromPretrained({ vqgan: fixturePath("vqgan"), clip: fixturePath("clip-quick-gelu"), threads: 1 });
