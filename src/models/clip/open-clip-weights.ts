/** OpenAI's names of CLIP's arrays, which OpenCLIP kept, beside ours. */
import type { Tensor } from "../../graph/tensor.js";
import type { AttentionWeights } from "../../nn/attention.js";
import type { Affine } from "../../nn/layers.js";
import { add, div, mul, sqrt, sub } from "../../ops/arithmetic.js";
import { reshape, transpose } from "../../ops/layout.js";
import { split } from "../../ops/movement.js";
import { numbered, type WeightTaker } from "../take-weights.js";
import { gridOf, type ImageConfig, type TowerConfig } from "./config.js";
import type { ImageWeights } from "./image-encoder.js";
import type { OpenClipConfig } from "./open-clip-config.js";
import type { BottleneckWeights, ResNetConfig, ResNetWeights } from "./resnet.js";
import type { TextWeights } from "./text-encoder.js";
import type { BlockWeights } from "./transformer.js";

export interface OpenClipWeights {
  readonly text: TextWeights;
  readonly image:
    | { readonly transformer: ImageWeights; readonly config: ImageConfig }
    | { readonly resnet: ResNetWeights; readonly config: ResNetConfig };
}

/** Not used: the training loss's temperature and offset, counters, and sizes that OpenAI's archives repeat. */
const ignored = [
  /^logit_(scale|bias)$/,
  /\.num_batches_tracked$/,
  /^(input_resolution|context_length|vocab_size)$/,
  /attn_mask$/,
];

/** torch.nn.BatchNorm2d's default, which nobody changed */
const BATCH_NORM_EPSILON = 1e-5;

/** @throws BAD_MODEL naming the keys that are missing, surplus, or of another shape */
export function openClipWeights(from: WeightTaker, { embeddingSize, text, image }: OpenClipConfig): OpenClipWeights {
  const weights: OpenClipWeights = {
    text: {
      tokens: from.take("token_embedding.weight", [text.vocabulary, text.width]),
      positions: from.take("positional_embedding", [text.contextLength, text.width]),
      blocks: blocks(from, "transformer", text),
      finalNorm: from.affine("ln_final", [text.width]),
      projection: transpose(from.take("text_projection", [text.width, embeddingSize])),
    },
    image:
      "blocks" in image
        ? { resnet: resnet(from, image, embeddingSize), config: image }
        : { transformer: visionTransformer(from, image, embeddingSize), config: image },
  };
  from.finish(ignored);
  return weights;
}

function visionTransformer(from: WeightTaker, image: ImageConfig, embeddingSize: number): ImageWeights {
  const { width, patch } = image;
  return {
    patches: from.take("visual.conv1.weight", [width, 3, patch, patch]),
    classToken: from.take("visual.class_embedding", [width]),
    positions: from.take("visual.positional_embedding", [gridOf(image) ** 2 + 1, width]),
    preNorm: from.affine("visual.ln_pre", [width]),
    blocks: blocks(from, "visual.transformer", image),
    postNorm: from.affine("visual.ln_post", [width]),
    projection: transpose(from.take("visual.proj", [width, embeddingSize])),
  };
}

function blocks(from: WeightTaker, tower: string, { layers, width, mlpWidth }: TowerConfig): BlockWeights[] {
  return numbered(layers, (i) => {
    const key = `${tower}.resblocks.${i}`;
    return {
      attentionNorm: from.affine(`${key}.ln_1`, [width]),
      attention: packedAttention(from, `${key}.attn`, width),
      mlpNorm: from.affine(`${key}.ln_2`, [width]),
      expand: from.affine(`${key}.mlp.c_fc`, [mlpWidth, width]),
      contract: from.affine(`${key}.mlp.c_proj`, [width, mlpWidth]),
    };
  });
}

/**
 * torch.nn.MultiheadAttention: query, key and value maps in one array, one below the other.
 *
 * @param names what the arrays are called under `key`, where others use the same form
 */
export function packedAttention(
  from: WeightTaker,
  key: string,
  width: number,
  names = { weight: "in_proj_weight", bias: "in_proj_bias", output: "out_proj" },
): AttentionWeights {
  const three = [width, width, width];
  const maps = split(from.take(`${key}.${names.weight}`, [3 * width, width]), 0, three);
  const biases = split(from.take(`${key}.${names.bias}`, [3 * width]), 0, three);
  const [query, mapKey, value] = maps.map((weight, i) => ({ weight, bias: biases[i] as Tensor })) as [
    Affine,
    Affine,
    Affine,
  ];
  return { query, key: mapKey, value, output: from.affine(`${key}.${names.output}`, [width, width]) };
}

function resnet(from: WeightTaker, { size, width, blocks }: ResNetConfig, embeddingSize: number) {
  const conv = (key: string, norm: string, shape: readonly number[]) => foldedConv(from, key, norm, shape);
  const stemKey = (i: number) => [`visual.conv${i}`, `visual.bn${i}`] as const;
  const half = Math.floor(width / 2);
  const channels = 32 * width;
  const square = [channels, channels];
  let inputs = width;
  return {
    stem: [
      conv(...stemKey(1), [half, 3, 3, 3]),
      conv(...stemKey(2), [half, half, 3, 3]),
      conv(...stemKey(3), [width, half, 3, 3]),
    ],
    stages: blocks.map((count, stage) =>
      numbered(count, (i): BottleneckWeights => {
        const key = `visual.layer${stage + 1}.${i}`;
        const inner = width * 2 ** stage;
        const before = inputs;
        inputs = 4 * inner;
        const changes = (stage > 0 && i === 0) || before !== inputs;
        return {
          convs: [
            conv(`${key}.conv1`, `${key}.bn1`, [inner, before, 1, 1]),
            conv(`${key}.conv2`, `${key}.bn2`, [inner, inner, 3, 3]),
            conv(`${key}.conv3`, `${key}.bn3`, [inputs, inner, 1, 1]),
          ],
          shortcut: changes ? conv(`${key}.downsample.0`, `${key}.downsample.1`, [inputs, before, 1, 1]) : undefined,
        };
      }),
    ),
    positions: from.take("visual.attnpool.positional_embedding", [(size / 32) ** 2 + 1, channels]),
    attention: {
      query: from.affine("visual.attnpool.q_proj", square),
      key: from.affine("visual.attnpool.k_proj", square),
      value: from.affine("visual.attnpool.v_proj", square),
      output: from.affine("visual.attnpool.c_proj", [embeddingSize, channels]),
    },
  } satisfies ResNetWeights;
}

/** norm(conv(x)) as one convolution: (W x - m) / s * g + b = (g/s W) x + (b - m g/s); both brackets are constants. */
function foldedConv(from: WeightTaker, key: string, norm: string, shape: readonly number[]): Affine {
  const kernel = from.take(`${key}.weight`, shape);
  const [out] = shape as [number];
  const { weight, bias } = from.affine(norm, [out]);
  const variance = from.take(`${norm}.running_var`, [out]);
  const scale = div(weight, sqrt(add(variance, BATCH_NORM_EPSILON))); // [out]
  return {
    weight: mul(kernel, reshape(scale, [out, 1, 1, 1])),
    bias: sub(bias, mul(from.take(`${norm}.running_mean`, [out]), scale)),
  };
}
