/** The package's public face. */
export { type ErrorCode, VqganClipError } from "./core/errors.js";
export { NDArray } from "./core/ndarray.js";
export type { Tensor } from "./graph/tensor.js";
export { type GridCell, type GridOptions, type GridRequest, gridCells } from "./grid.js";
export type { Augmentation } from "./guidance/augmentations.js";
export type { EditSource } from "./guidance/edit.js";
export type { EditReport } from "./guidance/edit-report.js";
export type { Best, Judgement } from "./guidance/judge.js";
export type { Rectangle } from "./guidance/mask.js";
export { type MetadataLevel, readStory, type Story } from "./guidance/metadata.js";
export type { ModelIdentity } from "./guidance/model-identity.js";
export type { Score } from "./guidance/perceive.js";
export type { OwnLosses, PictureLoss } from "./guidance/picture-regularizers.js";
export type { Plan } from "./guidance/plan.js";
export type { LossWatch } from "./guidance/plateau.js";
export { type PresetName, presets } from "./guidance/presets.js";
export type { StartNotice } from "./guidance/prior-start.js";
export { type Prompt, parsePrompts } from "./guidance/prompt.js";
export type { TextNotice, UnknownWord } from "./guidance/prompt-embedding.js";
export type { Reconstruction } from "./guidance/reconstruct.js";
export type { Origin, Recommendation, ResolvedSettings, SettingsRequest } from "./guidance/resolve-settings.js";
export type { Ending, Losses, RunState, StepEvent } from "./guidance/run-state.js";
export type { FindOptions, FoundMask } from "./guidance/self-mask.js";
export { type Recipe, type ScheduleRequest, type Settings, settingsSchema } from "./guidance/settings.js";
export type { Progress } from "./hub/pull.js";
export { contactSheet, type SheetCell } from "./image/contact-sheet.js";
export { decodePicture } from "./image/decode.js";
export { encodePng } from "./image/png.js";
export { readPngText } from "./image/png-text.js";
export type { Codebook, DecodeOptions, Generator } from "./models/generator.js";
export type { Perceptor } from "./models/perceptor.js";
export type { Prior } from "./models/prior.js";
export * as ops from "./ops/public.js";
export type { EditRequest, TargetRequest } from "./pair/requests.js";
export type { ForkRequest, PaintRequest, ResumeRequest, SessionOptions } from "./pair/running-picture.js";
export { type PictureOptions, PictureRun, type PictureSource } from "./picture-run.js";
export type { Device, DeviceRequest } from "./runtime/devices.js";
export { encodeVideo, planEncoding } from "./video/encode-video.js";
export { FrameFolder, framePaths, readFrames } from "./video/frame-folder.js";
export {
  createVideo,
  type FrameOptions,
  type VideoFrame,
  type VideoRequest,
  videoFrames,
} from "./video/moving-video.js";
export { createStyle, type StyleOptions, type StyleRequest, styleFrames } from "./video/style-video.js";
export {
  type CreateRequest,
  type Notice,
  type OpenRequest,
  type PretrainedOptions,
  VqganClip,
} from "./vqgan-clip.js";
