/** TAESD: a chain of 3x3 convolutions and ReLUs, a fraction of the autoencoder's size and time that it imitates. */
import { recomputed } from "../../autodiff/recompute.js";
import { NDArray } from "../../core/ndarray.js";
import { constant, type Tensor } from "../../graph/tensor.js";
import type { Affine } from "../../nn/layers.js";
import { upsampleConv } from "../../nn/upsample.js";
import { add, mul, relu, tanh } from "../../ops/arithmetic.js";
import { conv2d } from "../../ops/convolution.js";
import type { StateDict } from "../../weights/state-dict.js";
import type { DecodeOptions, Generator } from "../generator.js";
import type { ModelFile } from "../model-file.js";
import { numbered, WeightTaker } from "../take-weights.js";
import { parseTinyConfig, type Stage, type TinyConfig } from "./config.js";

/** The three convolutions of y = relu(x + conv(relu(conv(relu(conv(x)))))). */
type Block = readonly [Affine, Affine, Affine];

interface TinyWeights {
  readonly encoder: {
    /** Each begins with a convolution; all but the first halve the side and have no bias. */
    readonly stages: readonly { readonly enter: Affine; readonly blocks: readonly Block[] }[];
    readonly out: Affine;
  };
  readonly decoder: {
    readonly enter: Affine;
    /** Each ends with a convolution; all but the last double the side and have no bias. */
    readonly stages: readonly { readonly blocks: readonly Block[]; readonly leave: Affine }[];
  };
}

/** What the files of the folder hold. */
export interface TinyParts {
  readonly name: string;
  readonly config: unknown;
  /** What to call `config.json` in messages. */
  readonly configPath: string;
  readonly weights: StateDict;
  readonly files: readonly ModelFile[];
}

/** @throws BAD_MODEL naming the file or key that is missing or wrong */
export function tinyGenerator({ name, config: json, configPath, weights: dict, files }: TinyParts): Generator {
  const config = parseTinyConfig(json, configPath);
  const { encoder, decoder } = tinyWeights(new WeightTaker(dict), config);
  const factor = 2 ** (config.encoder.length - 1);
  return {
    name,
    factor,
    resolution: 256,
    latentShape: ([height, width]) => [1, config.latentChannels, height / factor, width / factor],
    encode: (x) => {
      const features = encoder.stages.reduce(
        (h, { enter, blocks }, i) => through(conv(h, enter, i === 0 ? 1 : 2), blocks),
        mul(add(x, 1), 0.5),
      );
      return mul(conv(features, encoder.out), config.scale);
    },
    decode: (z, options) => decode(decoder, mul(z, 1 / config.scale), options),
    files,
  };
}

/** The latent is bounded smoothly to -3..3. */
function decode(
  { enter, stages }: TinyWeights["decoder"],
  z: Tensor,
  { recompute = false }: DecodeOptions = {},
): Tensor {
  const bounded = mul(tanh(mul(z, 1 / 3)), 3);
  const last = stages.length - 1;
  const picture = stages.reduce(
    (h, { blocks, leave }, i) => {
      const part = (x: Tensor) => {
        const y = through(x, blocks);
        return i === last ? conv(y, leave) : upsampleConv(y, leave);
      };
      return recompute ? recomputed(part, h) : part(h);
    },
    relu(conv(bounded, enter)),
  );
  return add(mul(picture, 2), -1);
}

function conv(x: Tensor, { weight, bias }: Affine, stride = 1): Tensor {
  return conv2d(x, weight, bias, { stride, padding: 1 });
}

function through(x: Tensor, blocks: readonly Block[]): Tensor {
  return blocks.reduce((h, [first, second, third]) => {
    const change = conv(relu(conv(relu(conv(h, first)), second)), third);
    return relu(add(h, change));
  }, x);
}

/** The library numbers all layers of a half in one list, ReLUs and changes of side included. */
function tinyWeights(from: WeightTaker, { encoder, decoder, latentChannels }: TinyConfig): TinyWeights {
  let [half, layer] = ["encoder", 0];
  const key = () => `${half}.layers.${layer++}`;
  const blocks = ({ channels, blocks: count }: Stage): Block[] =>
    numbered(count, () => {
      const block = key();
      return [0, 2, 4].map((i) => from.affine(`${block}.conv.${i}`, [channels, channels, 3, 3])) as unknown as Block;
    });
  const down = encoder.map((stage, i) => {
    const { channels } = stage;
    const enter = i === 0 ? from.affine(key(), [channels, 3, 3, 3]) : unbiased(from, key(), channels);
    return { enter, blocks: blocks(stage) };
  });
  const width = (encoder.at(-1) as Stage).channels;
  const out = from.affine(key(), [latentChannels, width, 3, 3]);

  [half, layer] = ["decoder", 0];
  const wide = (decoder[0] as Stage).channels;
  const enter = from.affine(key(), [wide, latentChannels, 3, 3]);
  key(); // a ReLU
  const up = decoder.map((stage, i) => {
    const inside = blocks(stage);
    if (i === decoder.length - 1) return { blocks: inside, leave: from.affine(key(), [3, stage.channels, 3, 3]) };
    key(); // the doubling
    return { blocks: inside, leave: unbiased(from, key(), stage.channels) };
  });
  from.finish([]);
  return { encoder: { stages: down, out }, decoder: { enter, stages: up } };
}

function unbiased(from: WeightTaker, key: string, channels: number): Affine {
  return {
    weight: from.take(`${key}.weight`, [channels, channels, 3, 3]),
    bias: constant(NDArray.zeros("float32", [channels])),
  };
}
