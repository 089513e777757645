/** What options say of the models to open, and the names of those options. */
import type { NamesOf } from "../core/known-names.js";
import type { Generator } from "../models/generator.js";
import type { Perceptor } from "../models/perceptor.js";
import type { RewardChoice } from "./open-rewards.js";

/** @typeParam Address how a platform names a folder or a file: by path, published name or address */
export interface ModelChoice<Address> {
  /** A folder that holds `vqgan/`, `clip/` and perhaps `recommended.json` (default on Node: the bundled compact pair). */
  readonly model?: Address;
  /**
   * A generator instead of the pair's: a folder of a VQGAN or of the diffusers library (an autoencoder, or a diffusion model that draws in one step), a checkpoint with its yaml beside it,
   * `pixels`, `fft`, `strokes` (`strokes:count=32,ink=black`; docs/strokes.md), `mesh:FILE.obj` (docs/meshes.md) or `unet` (docs/styles.md), which have no weights, or one of your own (docs/models.md).
   */
  readonly generator?: Address | Generator;
  /** The same by its first name. */
  readonly vqgan?: Address | Generator;
  /**
   * An autoencoder of the diffusers library (AutoencoderKL, AutoencoderTiny, or a folder that holds one) that draws finished pictures
   * in the place of the one in a diffusion model's folder, which steps go on to look through (default: none, that one draws them).
   */
  readonly finalVae?: Address;
  /**
   * A CLIP instead of the pair's: a folder of Hugging Face (SigLIP too) or OpenCLIP, an archive of OpenAI, or an encoder of
   * your own (docs/models.md). Several look at the picture together, with the weights `perceptorWeights`.
   */
  readonly clip?: Address | Perceptor | readonly (Address | Perceptor)[];
  /**
   * What reads texts in the place of the CLIP's own text tower, in many languages: a folder of sentence-transformers or M-CLIP that
   * ends in the space of that CLIP, or `languages`, the pair's own where it has one, as the bundled pair does (default: the CLIP's own). With several CLIPs it is not taken; the judge keeps its own.
   */
  readonly textTower?: Address;
  /**
   * A second CLIP that has no part in the loss: it looks at the picture every `judgeEvery` steps, and the one it scores best
   * is the run's result (default: none, and the last picture).
   */
  readonly judge?: Address | Perceptor;
  /** A VGG19 that the setting `content` goes by: torchvision's file, or timm's file or folder (default: none). */
  readonly vgg?: Address;
  /** Reward models by the names that `rewards` and `judgeReward` of settings have for them (default: none). */
  readonly rewards?: Readonly<Record<string, RewardChoice<Address>>>;
}

export const modelChoiceNames: NamesOf<ModelChoice<string>> = {
  model: true,
  generator: true,
  vqgan: true,
  finalVae: true,
  clip: true,
  textTower: true,
  judge: true,
  vgg: true,
  rewards: true,
};
