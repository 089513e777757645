/** Models of published size with random weights: speed and memory do not depend on the numbers. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NDArray } from "../src/core/ndarray.js";
import { Random } from "../src/core/random.js";
import { type Shape, sizeOf } from "../src/core/shape.js";
import { constant, type Tensor, weight } from "../src/graph/tensor.js";
import type { StepModels } from "../src/guidance/step.js";
import { parseClipConfig } from "../src/models/clip/config.js";
import { encodeImageLayers } from "../src/models/clip/image-encoder.js";
import { encodeText } from "../src/models/clip/text-encoder.js";
import { clipWeights } from "../src/models/clip/weights.js";
import { WeightTaker } from "../src/models/take-weights.js";
import { factorOf, parseVqganConfig } from "../src/models/vqgan/config.js";
import { decode } from "../src/models/vqgan/decoder.js";
import { encode } from "../src/models/vqgan/encoder.js";
import { codebookRange, quantize } from "../src/models/vqgan/quantizer.js";
import { vqganWeights } from "../src/models/vqgan/weights.js";
import { MemorySource } from "../src/weights/byte-source.js";
import { StateDict } from "../src/weights/state-dict.js";

const MEBIBYTE = 1 << 20;

/** Gives every array a stretch of one file of random numbers, as a checkpoint on disk would; norms are the identity. */
class RandomWeights extends WeightTaker {
  private count = 0;
  private readonly path: string;

  constructor() {
    super(new StateDict(new Map(), new Map(), new MemorySource(new Uint8Array(), "random")));
    this.path = join(mkdtempSync(join(tmpdir(), "bench-")), "random.bin");
    const numbers = new Random(0).normals(MEBIBYTE / 4);
    const block = new Uint8Array(numbers.map((value) => value * 0.02).buffer);
    writeFileSync(this.path, Buffer.concat(Array.from({ length: 128 }, () => block)));
  }

  override has(key: string): boolean {
    return key === "encoder.conv_in.weight";
  }

  override take(key: string, shape: Shape): Tensor {
    if (shape.length === 1) {
      return constant(NDArray.float32(shape, new Float32Array(sizeOf(shape)).fill(key.endsWith("weight") ? 1 : 0)));
    }
    const place = { kind: "file", path: this.path, offset: 4096 * this.count++, length: 4 * sizeOf(shape) } as const;
    return weight(key, { dtype: "float32", shape }, place);
  }

  override finish(): void {}
}

const vqganF16 = `model:
  target: taming.models.vqgan.VQModel
  params:
    embed_dim: 256
    n_embed: 16384
    ddconfig: { z_channels: 256, resolution: 256, ch: 128, ch_mult: [1, 1, 2, 2, 4], num_res_blocks: 2, attn_resolutions: [16] }
`;

/** CLIP ViT-B/32 and VQGAN f16-16384. */
export async function publishedSize(): Promise<StepModels> {
  const random = new RandomWeights();
  const clip = parseClipConfig({});
  const { image, text } = clipWeights(random, clip);
  const config = await parseVqganConfig(vqganF16);
  const vqgan = vqganWeights(random, config);
  const factor = factorOf(config);
  const codes = NDArray.float32(
    [config.codes, config.codeChannels],
    new Random(1).normals(config.codes * config.codeChannels),
  );
  return {
    generator: {
      name: "random f16-16384",
      factor,
      resolution: config.resolution,
      codebook: {
        codes,
        range: codebookRange(codes),
        quantize: (z) => quantize({ codebook: constant(codes) }, z),
      },
      latentShape: ([height, width]) => [1, config.codeChannels, height / factor, width / factor],
      encode: (x) => encode(vqgan.encoder as NonNullable<typeof vqgan.encoder>, config, x),
      decode: (z, options) => decode(vqgan.decoder, config, z, options),
      files: [],
    },
    perceptor: {
      name: "random ViT-B/32",
      inputSize: clip.image.size,
      embeddingSize: clip.embeddingSize,
      contextLength: clip.text.contextLength,
      tokenize: (words) => {
        throw new Error(`the benchmark has no tokenizer for "${words}"`);
      },
      encodeImage: (pixels) => encodeImageLayers(image, clip, pixels).embedding,
      encodeText: (ids, end) => encodeText(text, clip, ids, end),
      files: [],
    },
  };
}
