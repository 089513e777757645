/** Wav2CLIP from its checkpoint, whose arrays say its sizes. */
import { requires } from "../../core/errors.js";
import type { Place } from "../files.js";
import { readCheckpoint } from "../model-weights.js";
import type { SoundNet } from "../sound-net.js";
import { countParts, numbered, WeightTaker } from "../take-weights.js";
import { type BasicBlock, type ConvNorm, encodeSound, HEARD_RATE, heard, type Wav2ClipWeights } from "./encoder.js";

const WHAT = "a sound encoder";
const TOWER = "audio_encoder.";
const MAPS = "audio_transform.sequential.";
/**
 * A file such as `Wav2CLIP.pt`: `audio_encoder.*`, a ResNet of basic blocks, and `audio_transform.*`.
 *
 * @throws BAD_MODEL naming the arrays that are missing or of another shape; BAD_FILE, IO_FAILED
 */
export async function readWav2Clip({ path, files, file }: Place): Promise<SoundNet> {
  requires(
    file !== undefined && (await files.has(file)),
    "BAD_MODEL",
    () => `sound encoder: ${path}: no such file`,
    "give Wav2CLIP's checkpoint (Wav2CLIP.pt), or LanguageBind's folder with its config.json",
  );
  const { weights: dict } = await readCheckpoint(files, file, WHAT);
  requires(
    dict.has(`${TOWER}conv1.weight`),
    "BAD_MODEL",
    () => `${dict.origin}: no Wav2CLIP: it has no ${TOWER}conv1.weight`,
    `it holds ${dict.names.slice(0, 4).join(", ")}; Wav2CLIP's checkpoint is what is read`,
  );
  const weights = wav2clipWeights(new WeightTaker(dict, TOWER), new WeightTaker(dict, MAPS), dict.names);
  return {
    embeddingSize: weights.maps[1].weight.shape[0] as number,
    rate: HEARD_RATE,
    seen: heard,
    encode: (spectrum) => encodeSound(weights, spectrum),
  };
}

function wav2clipWeights(tower: WeightTaker, top: WeightTaker, names: readonly string[]): Wav2ClipWeights {
  const convNorm = (conv: string, norm: string): ConvNorm => {
    const shape = tower.shapeOf(`${conv}.weight`) ?? [0, 0, 0, 0];
    const channels = [shape[0] as number];
    return {
      weight: tower.take(`${conv}.weight`, shape),
      norm: {
        ...tower.affine(norm, channels),
        mean: tower.take(`${norm}.running_mean`, channels),
        variance: tower.take(`${norm}.running_var`, channels),
      },
    };
  };
  const stages = numbered(4, (stage) => {
    return numbered(countParts(names, `${TOWER}layer${stage + 1}.`), (i): BasicBlock => {
      const key = `layer${stage + 1}.${i}`;
      return {
        convs: [convNorm(`${key}.conv1`, `${key}.bn1`), convNorm(`${key}.conv2`, `${key}.bn2`)],
        shortcut: tower.has(`${key}.downsample.0.weight`)
          ? convNorm(`${key}.downsample.0`, `${key}.downsample.1`)
          : undefined,
      };
    });
  });
  const stem = convNorm("conv1", "bn1");
  tower.finish([/^spectrogram\./, /^fc\./, /num_batches_tracked$/]);
  const map = (key: string) => top.affine(key, top.shapeOf(`${key}.weight`) ?? [0, 0]);
  const maps = [map("0"), map("3")] as const;
  top.finish([]);
  return { stem, stages, maps };
}
