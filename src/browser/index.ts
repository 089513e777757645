/** The package's face in browsers: `vqgan-clip/browser`. */
export { type GridCell, type GridOptions, type GridRequest, gridCells } from "../grid.js";
export * from "../pair/face.js";
export type { EngineFiles } from "../runtime/own-engine.js";
export type { BrowserAbilities } from "../runtime/web-platform.js";
export { decodePicture } from "./decode-picture.js";
export type { FetchOptions, FetchProgress } from "./fetch-file.js";
export { type CreateRequest, PictureRun, type PictureSource, type PretrainedOptions, VqganClip } from "./vqgan-clip.js";
