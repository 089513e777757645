/** Checkpoints of either format, told apart by content. */
import type { ByteSource } from "./byte-source.js";
import { readSafetensors } from "./safetensors.js";
import type { StateDict } from "./state-dict.js";
import { isCheckpoint, readTorchCheckpoint } from "./torch-checkpoint.js";

/** @throws BAD_FILE when it is neither, or damaged */
export async function readWeights(source: ByteSource): Promise<StateDict> {
  return (await isCheckpoint(source)) ? readTorchCheckpoint(source) : readSafetensors(source);
}
