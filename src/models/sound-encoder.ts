/** Encoders that take a sound into the space of a CLIP: Wav2CLIP's checkpoint, or LanguageBind's folder. */
import { requires } from "../core/errors.js";
import { input } from "../graph/tensor.js";
import { type CompileOptions, compile } from "../runtime/program.js";
import { resampled } from "../sound/resample.js";
import type { Sound } from "../sound/wav.js";
import { type Place, readJsonIfThere } from "./files.js";
import { isLanguageBind, readLanguageBind } from "./language-bind/read.js";
import { readWav2Clip } from "./wav2clip/read.js";

/** Seconds that are heard. */
const [SHORTEST, LONGEST] = [0.1, 120];

/** A sound as a vector in the space of a CLIP. */
export interface SoundEncoder {
  /** E: numbers that it makes of a sound */
  readonly embeddingSize: number;
  /** @returns [E], not normalised @throws BAD_ARGUMENT when the sound is too short or too long */
  embed(sound: Sound, options?: CompileOptions): Promise<Float32Array>;
}

/**
 * A file such as `Wav2CLIP.pt`, or a folder with a `config.json` of model_type `LanguageBindAudio`.
 *
 * @throws BAD_MODEL naming what is missing or wrong; BAD_FILE, IO_FAILED
 */
export async function readSoundEncoder(place: Place): Promise<SoundEncoder> {
  const config = place.file === undefined ? await readJsonIfThere(place.files, "config.json") : undefined;
  const net = isLanguageBind(config) ? await readLanguageBind(place.files, config) : await readWav2Clip(place);
  return {
    embeddingSize: net.embeddingSize,
    async embed(sound, options = {}) {
      const { samples } = resampled(sound, net.rate);
      const seconds = samples.length / net.rate;
      requires(
        seconds >= SHORTEST && seconds <= LONGEST,
        "BAD_ARGUMENT",
        () => `sound: ${seconds.toFixed(1)} seconds, ${SHORTEST} to ${LONGEST} are heard`,
        "cut out the part that is meant",
      );
      const seen = net.seen(samples);
      const program = await compile({ sound: net.encode(input("seen", "float32", seen.shape)) }, options);
      try {
        return (await program.run({ seen })).sound.floats();
      } finally {
        await program.dispose();
      }
    },
  };
}
