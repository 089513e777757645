/** An encoder that says what it sees in a picture. */
import type { NDArray } from "../src/core/ndarray.js";
import { compareUnits } from "../src/perception/perceive.js";
import type { VqganClip } from "../src/vqgan-clip.js";

/** What a picture is compared with, besides its own caption: other things to take it for. */
const OTHERS = [
  "a cat face",
  "a dog face",
  "a fish",
  "a house",
  "a castle",
  "a rocket",
  "a bicycle",
  "an airplane",
  "a banana",
  "a strawberry",
  "a pizza",
  "a birthday cake",
  "a snowman",
  "a full moon",
  "a rainbow",
  "a book",
  "a guitar",
  "a key",
  "a camera",
  "a clock",
];

export class Reader {
  private others: Promise<Float32Array[]> | undefined;
  private readonly captions = new Map<string, Promise<Float32Array>>();
  private readonly pictures = new WeakMap<NDArray, Promise<Float32Array>>();

  /** @param vq the pair whose encoder reads */
  constructor(private readonly vq: VqganClip) {}

  /** Cosine of picture and caption, and which place that has among the cosines with other captions. */
  async reading(picture: NDArray, caption: string): Promise<string> {
    this.others ??= this.vq.embedTexts(OTHERS);
    const words = this.captions.get(caption) ?? this.vq.embedTexts([caption]).then(([only]) => only as Float32Array);
    this.captions.set(caption, words);
    const eyes = this.pictures.get(picture) ?? this.vq.embedImage(picture);
    this.pictures.set(picture, eyes);
    const seen = await eyes;
    const own = compareUnits(seen, await words).cosine;
    const nearer = (await this.others).filter((other) => compareUnits(seen, other).cosine > own);
    return `${own.toFixed(2)}, place ${nearer.length + 1} of ${OTHERS.length + 1}`;
  }
}
