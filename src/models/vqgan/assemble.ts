/** A taming-transformers checkpoint, read already, as a Generator. */
import type { Tensor } from "../../graph/tensor.js";
import type { StateDict } from "../../weights/state-dict.js";
import type { Generator } from "../generator.js";
import type { ModelFile } from "../model-file.js";
import { WeightTaker } from "../take-weights.js";
import { factorOf, parseVqganConfig } from "./config.js";
import { decode } from "./decoder.js";
import { encode } from "./encoder.js";
import { codebookRange, gumbelIndices, lookUp, quantize } from "./quantizer.js";
import { vqganWeights } from "./weights.js";

/** A checkpoint and its yaml. */
export interface VqganParts {
  readonly name: string;
  readonly yaml: string;
  /** What to call the yaml in messages. */
  readonly yamlPath: string;
  readonly weights: StateDict;
  readonly files: readonly ModelFile[];
}

/** @throws BAD_MODEL naming the file or key that is missing or wrong */
export async function vqganGenerator({ name, yaml, yamlPath, weights: dict, files }: VqganParts): Promise<Generator> {
  const config = parseVqganConfig(yaml, yamlPath);
  const weights = vqganWeights(new WeightTaker(dict, config.prefix), config);
  const codebookKey = config.kind === "vq" ? "quantize.embedding.weight" : "quantize.embed.weight";
  const codes = (await dict.read(config.prefix + codebookKey)).as("float32");
  const factor = factorOf(config);
  const { encoder, quantizer, decoder } = weights;
  return {
    name,
    factor,
    resolution: config.resolution,
    codebook: { codes, range: codebookRange(codes), quantize: (z) => quantize(quantizer, z) },
    deviation: Math.sqrt(codes.floats().reduce((total, value) => total + value ** 2, 0) / codes.size),
    latentShape: ([height, width]) => [1, config.codeChannels, height / factor, width / factor],
    ...(encoder && {
      encode: (x: Tensor) => {
        const latent = encode(encoder, config, x);
        return config.kind === "vq" ? latent : lookUp(quantizer, gumbelIndices(quantizer, latent));
      },
    }),
    decode: (z, options) => decode(decoder, config, z, options),
    files,
  };
}
