/** ImageReward (Xu et al. 2023): BLIP reads a text while it looks at the picture, and linear maps read a score off its first token. */
import { requires } from "../../core/errors.js";
import { mul, sub } from "../../ops/arithmetic.js";
import { reshape } from "../../ops/layout.js";
import { slice } from "../../ops/movement.js";
import type { StateDict } from "../../weights/state-dict.js";
import { parseBertConfig } from "../bert/config.js";
import { bertStates } from "../bert/encoder.js";
import { bertTokenizing } from "../bert/reader.js";
import { bertWeights } from "../bert/weights.js";
import { bertTokenizerFile } from "../bert/word-pieces.js";
import { openAiPixels } from "../clip/config.js";
import { type Files, firstThere, readJson, readJsonIfThere } from "../files.js";
import { applyHead } from "../head/head.js";
import { dropoutMaps, takeMaps } from "../head/read.js";
import type { ModelFile } from "../model-file.js";
import type { JointScorer } from "../reward.js";
import { WeightTaker } from "../take-weights.js";
import { blipImageConfig, blipImageStates, blipImageWeights } from "./image-encoder.js";

const WHAT = "ImageReward";
const IMAGE = "blip.visual_encoder.";
const TEXT = "blip.text_encoder.";
const HEAD = "mlp.";
/** Tokens of a text, start and end included: what is beyond is cut, as its makers do. */
const CONTEXT = 35;
/** Of the scores that it gave its makers' pictures; they are told as deviations from that mean. */
const [MEAN, DEVIATION] = [0.16717362830052426, 1.0333394966054072];

/** What its file is called in a folder. */
const names = ["ImageReward.pt", "ImageReward.safetensors"];

/** The file of a folder that holds it; undefined where there is none. */
export function imageRewardIn(files: Files): Promise<string | undefined> {
  return firstThere(files, names);
}

/** Whether a checkpoint holds an ImageReward. */
export function isImageReward(weights: StateDict): boolean {
  return weights.has(`${TEXT}embeddings.word_embeddings.weight`) && weights.has(`${HEAD}${dropoutMaps[0]}.weight`);
}

/**
 * Assembles it of its checkpoint and what lies beside it: `med_config.json`, and the list of BERT's word pieces, `vocab.txt`
 * (or a `tokenizer.json`).
 *
 * @param read what the checkpoint holds
 * @throws BAD_MODEL naming the file or array that is missing or wrong; IO_FAILED, ABORTED
 */
export async function imageReward(
  files: Files,
  { weights, files: read }: { readonly weights: StateDict; readonly files: readonly ModelFile[] },
): Promise<JointScorer> {
  const looks = new WeightTaker(weights, IMAGE);
  const inside = weights.names.flatMap((name) => (name.startsWith(IMAGE) ? [name.slice(IMAGE.length)] : []));
  const image = blipImageConfig(looks, inside);
  const imageWeights = blipImageWeights(looks, image);
  looks.finish([]);

  const origin = files.pathOf("med_config.json");
  const med = parseBertConfig(await readJson(files, "med_config.json", WHAT), "bert", origin);
  const config = { ...med, tokenTypes: 0, besideWidth: image.width }; // BLIP has no segments, whatever the file says
  const reads = new WeightTaker(weights, TEXT);
  const textWeights = bertWeights(reads, config);
  reads.finish([/position_ids$/]);

  const top = new WeightTaker(weights, HEAD);
  const layers = takeMaps(top, dropoutMaps, weights.origin);
  top.finish([]);
  const [[, width], [count]] = [layers[0], layers.at(-1)].map((map) => map?.weight.shape) as [number[], number[]];
  requires(
    width === config.width && count === 1,
    "BAD_MODEL",
    () => `${weights.origin}: ${HEAD}* make ${count} numbers of ${width}, and should make one of ${config.width}`,
  );
  const head = { layers, activation: "none", normalized: false, softmax: false } as const;
  const looking = { image, pixelMean: openAiPixels.mean, pixelStd: openAiPixels.std };
  const tokenizerConfig = (await readJsonIfThere(files, "tokenizer_config.json")) ?? {};
  return {
    name: files.name,
    inputSize: image.size,
    ...bertTokenizing({
      config,
      contextLength: Math.min(CONTEXT, config.positions),
      tokenizer: await bertTokenizerFile(files, tokenizerConfig, WHAT),
      tokenizerOrigin: files.pathOf("vocab.txt"),
      padToken: undefined,
    }),
    score: (pixels, ids, end) => {
      const seen = blipImageStates(imageWeights, looking, pixels); // [1, 1+g*g, d]
      const states = bertStates(textWeights, config, ids, end, seen); // [p, L, d']
      const first = reshape(slice(states, 1, 0, 1), [ids.shape[0] as number, config.width]);
      return mul(sub(reshape(applyHead(head, first), [-1]), MEAN), 1 / DEVIATION);
    },
    files: read,
  };
}
