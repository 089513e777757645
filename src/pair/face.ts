/** What the package's two faces have in common: `vqgan-clip` and `vqgan-clip/browser` export it. */
export type { Abortable } from "../core/abort.js";
export { type ErrorCode, VqganClipError } from "../core/errors.js";
export { NDArray } from "../core/ndarray.js";
export type { Seed } from "../core/seed.js";
export type { Tensor } from "../graph/tensor.js";
export type { Augmentation } from "../guidance/augmentations.js";
export type { Losses } from "../guidance/losses.js";
export type { OwnLosses, PictureLoss } from "../guidance/picture-regularizers.js";
export type { LossWatch } from "../guidance/plateau.js";
export { type PresetName, presets } from "../guidance/presets.js";
export type {
  Origin,
  Recommendation,
  ResolvedSettings,
  SettingsRequest,
} from "../guidance/resolve-settings.js";
export type { Ending, RunState, StepEvent } from "../guidance/run-state.js";
export type { ScheduleRequest } from "../guidance/setting-parts.js";
export { type Recipe, type Settings, settingsSchema } from "../guidance/settings.js";
export { contactSheet, type SheetCell } from "../image/contact-sheet.js";
export { encodePng } from "../image/png.js";
export { readPngText } from "../image/png-text.js";
export type { EditSource } from "../masks/edit.js";
export type { EditReport } from "../masks/edit-report.js";
export type { MaskRecipe, Rectangle } from "../masks/mask.js";
export type { MaskDoubt } from "../masks/mask-doubts.js";
export type { FindOptions, FoundMask } from "../masks/self-mask.js";
export type { Codebook, DecodeOptions, Generator, Solid } from "../models/generator.js";
export type { Head } from "../models/head/head.js";
export type { Perceptor } from "../models/perceptor.js";
export type { JointScorer, RewardModel } from "../models/reward.js";
export * as ops from "../ops/public.js";
export type { Best, Judgement } from "../perception/judge.js";
export type { Score, ScoreOptions } from "../perception/perceive.js";
export type { RewardName, RewardValue } from "../perception/rewards.js";
export { type Prompt, parsePrompts } from "../prompts/prompt.js";
export type { TextNotice, UnknownWord } from "../prompts/prompt-embedding.js";
export type { Device, DeviceRequest } from "../runtime/devices.js";
export { type MetadataLevel, readStory, type Story } from "../sessions/metadata.js";
export type { ModelIdentity } from "../sessions/model-identity.js";
export type { OptimizerPolicy } from "../sessions/paint.js";
export type { RunStatus } from "../sessions/run-status.js";
export type { Branch, NodeOrigin, SessionNode, SessionTree } from "../sessions/session-tree.js";
export type { RewardOptions } from "./models.js";
export type { RewardChoice } from "./open-rewards.js";
export type { Notice } from "./options.js";
export type {
  FinishOptions,
  ForkRequest,
  PaintRequest,
  PictureOptions,
  ResumeRequest,
  SessionOptions,
} from "./picture-requests.js";
export type { Plan } from "./plan.js";
export type { Reconstruction } from "./reconstruct.js";
export type { EditRequest, Listening, OpenRequest, TargetRequest } from "./requests.js";
