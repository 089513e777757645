/** The package's public face. */
export { type GridCell, type GridOptions, type GridRequest, gridCells } from "./grid.js";
export type { Progress } from "./hub/pull.js";
export { decodePicture } from "./image/decode.js";
export { loadLpips, loadSoundEncoder } from "./models/load.js";
export type { Lpips } from "./models/lpips/lpips.js";
export type { SoundEncoder } from "./models/sound-encoder.js";
export type { ExportPart } from "./pair/export.js";
export * from "./pair/face.js";
export { publishedRewards } from "./pair/published-rewards.js";
export { PictureRun, type PictureSource } from "./picture-run.js";
export type { PortableModel } from "./runtime/portable.js";
export { frameSteps, withKeyframes } from "./sound/follow.js";
export { soundTracks, type TrackName, type Tracks } from "./sound/tracks.js";
export type { Sound } from "./sound/wav.js";
export { encodeVideo, planEncoding } from "./video/encode-video.js";
export { FrameFolder, framePaths, readFrames } from "./video/frame-folder.js";
export {
  createVideo,
  type FrameOptions,
  type VideoFrame,
  type VideoRequest,
  videoFrames,
} from "./video/moving-video.js";
export { readSound } from "./video/read-sound.js";
export { createStyle, type StyleOptions, type StyleRequest, styleFrames } from "./video/style-video.js";
export { type CreateRequest, type PretrainedOptions, VqganClip } from "./vqgan-clip.js";
