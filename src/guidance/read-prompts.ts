/** What a run's texts say: prompts, what the generator is told, what rewards compare with, the way between two texts. */
import type { NDArray } from "../core/ndarray.js";
import { embedForAll } from "../perception/ensemble.js";
import { RewardTexts } from "../perception/reward-look.js";
import { TextWay } from "../perception/text-way.js";
import { generatorTexts } from "../prompts/generator-text.js";
import { type Prompt, textPrompts } from "../prompts/prompt.js";
import { embedTexts, type TextNotice } from "../prompts/prompt-embedding.js";
import { type CompileOptions, compileOptionsOf } from "../runtime/program.js";
import type { RunModels } from "./run-state.js";
import type { Settings } from "./settings.js";

/** The texts of a run and their embeddings [p,E]. */
export interface ReadPrompts {
  readonly prompts: readonly Prompt[];
  readonly embeddings: NDArray;
  /** What a generator that reads texts is told, for each scene [s,E] */
  readonly told?: NDArray | undefined;
  /** What the rewards compare with */
  readonly rewarding: RewardTexts;
  /** The way between two texts, where it counts */
  readonly way?: TextWay | undefined;
}

export interface ReadingOptions extends CompileOptions {
  /** Told what of a prompt the perceptor cannot take: unknown words, text beyond its limit. */
  readonly onNotice?: (notice: TextNotice) => void;
}

/** Reads them with the models' own text encoders. @throws BAD_PROMPT, DEVICE_UNAVAILABLE */
export async function readPrompts(
  models: RunModels,
  settings: Settings,
  options: ReadingOptions,
): Promise<ReadPrompts> {
  const { onNotice } = options;
  const prompts = textPrompts(settings);
  const texts = prompts.map(({ text }) => text);
  const { longPrompts } = settings;
  const reading = { ...compileOptionsOf(options), ...(onNotice && { onNotice }) };
  const { text: reader } = models.generator;
  return {
    prompts,
    embeddings: await embedForAll(models, texts, { ...reading, longPrompts }),
    ...(reader && { told: await embedTexts(reader, generatorTexts(settings), reading) }),
    ...(settings.direction && {
      way: await TextWay.of(models, settings.direction, prompts, settings, { ...reading, longPrompts }),
    }),
    rewarding: await RewardTexts.of(models, settings.rewards, prompts, settings, reading),
  };
}
