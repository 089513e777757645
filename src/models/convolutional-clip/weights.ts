/** The names of a convolutional CLIP's arrays (`training/towers.py` writes them), beside ours. */
import type { TextWeights } from "../clip/text-encoder.js";
import { textWeights } from "../clip/weights.js";
import { numbered, type WeightTaker } from "../take-weights.js";
import { type ConvolutionalClipConfig, lastGridOf } from "./config.js";
import type { ConvolutionalBlockWeights, ConvolutionalImageWeights } from "./image-encoder.js";

export interface ConvolutionalClipWeights {
  readonly text: TextWeights;
  readonly image: ConvolutionalImageWeights;
}

/** Not used: the temperature of the training loss. */
const ignored = [/^logit_scale$/];

/** @throws BAD_MODEL naming the keys that are missing, surplus, or of another shape */
export function convolutionalClipWeights(
  from: WeightTaker,
  { embeddingSize, text, image }: ConvolutionalClipConfig,
): ConvolutionalClipWeights {
  const { stem, widths, depths } = image;
  const [first, last] = [widths[0] as number, widths.at(-1) as number];
  const weights = {
    text: textWeights(from, text, embeddingSize),
    image: {
      stem: from.affine("vision_model.stem", [first, 3, stem.kernel, stem.kernel]),
      stages: widths.map((width, stage) =>
        numbered(depths[stage] as number, (i) =>
          block(from, `vision_model.stages.${stage}.${i}`, i === 0 ? (widths[stage - 1] ?? first) : width, width),
        ),
      ),
      projection: from.take("visual_projection.weight", [embeddingSize, last * lastGridOf(image) ** 2]),
    },
  };
  from.finish(ignored);
  return weights;
}

function block(from: WeightTaker, key: string, entering: number, leaving: number): ConvolutionalBlockWeights {
  const shortcut = `${key}.shortcut`;
  return {
    conv1: from.affine(`${key}.conv1`, [leaving, entering, 3, 3]),
    conv2: from.affine(`${key}.conv2`, [leaving, leaving, 3, 3]),
    shortcut:
      entering !== leaving || from.has(`${shortcut}.weight`)
        ? from.affine(shortcut, [leaving, entering, 1, 1])
        : undefined,
  };
}
