/** What the package's two faces have in common: `vqgan-clip` and `vqgan-clip/browser` export it. */
export { type ErrorCode, VqganClipError } from "../core/errors.js";
export { NDArray } from "../core/ndarray.js";
export type { Tensor } from "../graph/tensor.js";
export type { Augmentation } from "../guidance/augmentations.js";
export type { EditSource } from "../guidance/edit.js";
export type { EditReport } from "../guidance/edit-report.js";
export type { Best, Judgement } from "../guidance/judge.js";
export type { Rectangle } from "../guidance/mask.js";
export { type MetadataLevel, readStory, type Story } from "../guidance/metadata.js";
export type { ModelIdentity } from "../guidance/model-identity.js";
export type { Score, ScoreOptions } from "../guidance/perceive.js";
export type { OwnLosses, PictureLoss } from "../guidance/picture-regularizers.js";
export type { Plan } from "../guidance/plan.js";
export type { LossWatch } from "../guidance/plateau.js";
export { type PresetName, presets } from "../guidance/presets.js";
export type { StartNotice } from "../guidance/prior-start.js";
export { type Prompt, parsePrompts } from "../guidance/prompt.js";
export type { TextNotice, UnknownWord } from "../guidance/prompt-embedding.js";
export type { Reconstruction } from "../guidance/reconstruct.js";
export type { Origin, Recommendation, ResolvedSettings, SettingsRequest } from "../guidance/resolve-settings.js";
export type { Ending, Losses, RunState, StepEvent } from "../guidance/run-state.js";
export type { FindOptions, FoundMask } from "../guidance/self-mask.js";
export { type Recipe, type ScheduleRequest, type Settings, settingsSchema } from "../guidance/settings.js";
export { contactSheet, type SheetCell } from "../image/contact-sheet.js";
export { encodePng } from "../image/png.js";
export { readPngText } from "../image/png-text.js";
export type { Codebook, DecodeOptions, Generator } from "../models/generator.js";
export type { Perceptor } from "../models/perceptor.js";
export type { Manner, NamedManner, Prior } from "../models/prior.js";
export * as ops from "../ops/public.js";
export type { Device, DeviceRequest } from "../runtime/devices.js";
export type { Notice } from "./options.js";
export type { EditRequest, OpenRequest, TargetRequest } from "./requests.js";
export type {
  ForkRequest,
  PaintRequest,
  PictureOptions,
  ResumeRequest,
  SessionOptions,
} from "./running-picture.js";
