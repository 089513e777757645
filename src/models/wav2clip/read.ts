/** Wav2CLIP from its checkpoint, whose arrays say its sizes. */
import { requires } from "../../core/errors.js";
import { input } from "../../graph/tensor.js";
import { type CompileOptions, compile } from "../../runtime/program.js";
import { resampled } from "../../sound/resample.js";
import type { Sound } from "../../sound/wav.js";
import type { Place } from "../files.js";
import { readCheckpoint } from "../model-weights.js";
import { countParts, numbered, WeightTaker } from "../take-weights.js";
import { type BasicBlock, type ConvNorm, encodeSound, HEARD_RATE, heard, type Wav2ClipWeights } from "./encoder.js";

const WHAT = "a sound encoder";
const TOWER = "audio_encoder.";
const MAPS = "audio_transform.sequential.";
/** Seconds that are heard at most: it was trained on ten. */
const LONGEST = 120;

/** A sound as a vector in the space of a CLIP (Wav2CLIP, Wu et al. 2022). */
export interface SoundEncoder {
  /** E: numbers that it makes of a sound */
  readonly embeddingSize: number;
  /** @returns [E], not normalised @throws BAD_ARGUMENT when the sound is too short or too long */
  embed(sound: Sound, options?: CompileOptions): Promise<Float32Array>;
}

/**
 * A file such as `Wav2CLIP.pt`: `audio_encoder.*`, a ResNet of basic blocks, and `audio_transform.*`.
 *
 * @throws BAD_MODEL naming the arrays that are missing or of another shape; BAD_FILE, IO_FAILED
 */
export async function readSoundEncoder({ path, files, file }: Place): Promise<SoundEncoder> {
  requires(
    file !== undefined && (await files.has(file)),
    "BAD_MODEL",
    () => `sound encoder: ${path}: no such file`,
    "give Wav2CLIP's checkpoint (Wav2CLIP.pt)",
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
    async embed(sound, options = {}) {
      const { samples } = resampled(sound, HEARD_RATE);
      requires(
        samples.length >= HEARD_RATE / 10 && samples.length <= LONGEST * HEARD_RATE,
        "BAD_ARGUMENT",
        () => `sound: ${(samples.length / HEARD_RATE).toFixed(1)} seconds, 0.1 to ${LONGEST} are heard`,
        "cut out the part that is meant",
      );
      const seen = heard(samples);
      const program = await compile({ sound: encodeSound(weights, input("spectrum", "float32", seen.shape)) }, options);
      const { sound: embedding } = await program.run({ spectrum: seen });
      await program.dispose();
      return embedding.floats();
    },
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
