/** How a pair of models runs, and what it tells on the way. */
import type { NamesOf } from "../core/known-names.js";
import type { OwnLosses } from "../guidance/picture-regularizers.js";
import type { PresetName } from "../guidance/presets.js";
import type { TextNotice } from "../prompts/prompt-embedding.js";
import type { Device, DeviceRequest } from "../runtime/devices.js";

/** What was not done as asked, or not where: nothing of this stops a run, all of it is worth telling. */
export type Notice =
  | TextNotice
  | { readonly kind: "refused-device"; readonly device: Device; readonly reason: string }
  /** The generator's own copy of the picture to edit is unlike it: SSIM under .8. What it cannot copy it cannot keep. */
  | { readonly kind: "poor-copy"; readonly similarity: number }
  /** A mask holds no pixel: everything may change. */
  | { readonly kind: "mask-of-all" }
  /** A recipe would hold the picture's content by a classifier; there is none, and its edges are held instead. */
  | { readonly kind: "no-classifier" }
  /** The preset asked for is made for another generator: its rates are in that one's units. */
  | { readonly kind: "preset-of-another"; readonly preset: PresetName; readonly generator: string }
  /** Before the first step a drawing of the picture grows in stages of so many steps, which may take minutes. */
  | { readonly kind: "growth"; readonly stages: number; readonly steps: number }
  /** What picks the result is what the run climbs: it cannot tell whether it was fooled. */
  | { readonly kind: "judge-in-loss"; readonly judge: string }
  /** A run that is about to start will probably need more bytes than are free. */
  | { readonly kind: "memory"; readonly peakBytes: number; readonly availableBytes: number };

export const pairOptionNames: NamesOf<PairOptions> = {
  device: true,
  threads: true,
  maxMemory: true,
  lowMemory: true,
  onNotice: true,
  losses: true,
};

export interface PairOptions {
  /** Where to run (default "cpu"; in browsers "auto": webgpu where there is one, else wasm). */
  readonly device?: DeviceRequest;
  /** CPU threads (default: the physical cores that this process may use: affinity, a container's quota). */
  readonly threads?: number;
  /**
   * Bytes that this process may take: runs are made to fit, by smaller micro-batches, then a low-memory session, then values
   * computed again (default: no limit). Predicted for the CPU.
   */
  readonly maxMemory?: number;
  /** Sessions that keep weights unpacked and give memory back at once: less of it, slower (default false). */
  readonly lowMemory?: boolean;
  /** Told of texts and pictures outside of runs, and of those runs whose request names no `onNotice` (default: nobody). */
  readonly onNotice?: (notice: Notice) => void;
  /** Losses of your own, by the names that `pictureRegularizers` give them: `{ kind: "own", name, weight }`. */
  readonly losses?: OwnLosses;
}
