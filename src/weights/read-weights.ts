/** Checkpoints of either format, told apart by content. */
import { HEAD_BYTES, requireNotMistaken } from "../core/mistaken-file.js";
import type { ByteSource } from "./byte-source.js";
import { readSafetensors } from "./safetensors.js";
import type { StateDict } from "./state-dict.js";
import { isCheckpoint, readTorchCheckpoint } from "./torch-checkpoint.js";

/** @throws BAD_FILE when it is neither, or damaged */
export async function readWeights(source: ByteSource): Promise<StateDict> {
  requireNotMistaken(source.name, await source.read(0, Math.min(HEAD_BYTES, source.size)));
  return (await isCheckpoint(source)) ? readTorchCheckpoint(source) : readSafetensors(source);
}
