/** A checkpoint of a VQGAN or of a latent diffusion model's autoencoder, read already, as a Generator. */
import type { Tensor } from "../../graph/tensor.js";
import { add, mul } from "../../ops/arithmetic.js";
import { slice } from "../../ops/movement.js";
import type { StateDict } from "../../weights/state-dict.js";
import type { Generator } from "../generator.js";
import type { ModelFile } from "../model-file.js";
import { WeightTaker } from "../take-weights.js";
import { factorOf, parseVqganConfig, type VqganConfig } from "./config.js";
import { decode } from "./decoder.js";
import { diffusersNames, parseDiffusersConfig } from "./diffusers.js";
import { encode } from "./encoder.js";
import { codebookRange, gumbelIndices, lookUp, type QuantizerWeights, quantize } from "./quantizer.js";
import { type VqganWeights, vqganWeights } from "./weights.js";

interface Parts {
  readonly name: string;
  readonly weights: StateDict;
  readonly files: readonly ModelFile[];
}

/** A checkpoint and its yaml. */
export interface VqganParts extends Parts {
  readonly yaml: string;
  /** What to call the yaml in messages. */
  readonly yamlPath: string;
}

/** @throws BAD_MODEL naming the file or key that is missing or wrong */
export async function vqganGenerator({ yaml, yamlPath, ...parts }: VqganParts): Promise<Generator> {
  const config = await parseVqganConfig(yaml, yamlPath);
  return assembled(parts, config, vqganWeights(new WeightTaker(parts.weights, config.prefix), config));
}

/** A folder of the diffusers library: a VQModel or an AutoencoderKL, and its `config.json`. */
export interface DiffusersParts extends Parts {
  readonly config: unknown;
  /** What to call `config.json` in messages. */
  readonly configPath: string;
}

/** @throws BAD_MODEL naming the file or key that is missing or wrong */
export async function diffusersGenerator({ config: json, configPath, ...parts }: DiffusersParts): Promise<Generator> {
  const config = parseDiffusersConfig(json, configPath);
  const taker = new WeightTaker(parts.weights, "", diffusersNames(parts.weights, config));
  return assembled(parts, config, vqganWeights(taker, config));
}

async function assembled(
  { name, weights: dict, files }: Parts,
  config: VqganConfig,
  { encoder, quantizer, decoder }: VqganWeights,
): Promise<Generator> {
  const factor = factorOf(config);
  return {
    name,
    factor,
    resolution: config.resolution,
    ...(quantizer && (await withCodes(dict, config, quantizer))),
    latentShape: ([height, width]) => [1, config.codeChannels, height / factor, width / factor],
    ...(encoder && {
      encode: (x: Tensor) => {
        const latent = encode(encoder, config, x);
        if (config.kind === "kl")
          return mul(add(slice(latent, 1, 0, config.codeChannels), -config.shift), config.scale);
        return config.kind === "gumbel" && quantizer ? lookUp(quantizer, gumbelIndices(quantizer, latent)) : latent;
      },
    }),
    decode: (z, options) => {
      const latent = config.kind === "kl" ? add(mul(z, 1 / config.scale), config.shift) : z;
      return decode(decoder, config, latent, options);
    },
    files,
  };
}

async function withCodes(dict: StateDict, { kind, prefix }: VqganConfig, quantizer: QuantizerWeights) {
  const key = kind === "vq" ? "quantize.embedding.weight" : "quantize.embed.weight";
  const codes = (await dict.read(prefix + key)).as("float32");
  return {
    codebook: { codes, range: codebookRange(codes), quantize: (z: Tensor) => quantize(quantizer, z) },
    deviation: Math.sqrt(codes.floats().reduce((total, value) => total + value ** 2, 0) / codes.size),
  };
}
