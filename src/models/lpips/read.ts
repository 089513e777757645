/** LPIPS from the state dict of its own package's class, which holds the classifier and the weights of its channels. */
import { requires } from "../../core/errors.js";
import { type ClassifierForm, takeConvolutions } from "../classifier/layers.js";
import type { Place } from "../files.js";
import { readCheckpoint } from "../model-weights.js";
import { WeightTaker } from "../take-weights.js";
import { type Lpips, lpipsDistance, lpipsForms } from "./lpips.js";

/**
 * Reads a file that `torch.save(lpips.LPIPS(net="vgg").state_dict(), path)` wrote, or "alex", or the same as .safetensors.
 *
 * @throws BAD_MODEL naming what is missing or does not fit; BAD_FILE on damaged weights; IO_FAILED, ABORTED
 */
export async function readLpips({ path, files, file }: Place): Promise<Lpips> {
  requires(
    file !== undefined && (await files.has(file)),
    "BAD_MODEL",
    () => `LPIPS: ${path}: expected a file`,
    'torch.save(lpips.LPIPS(net="vgg").state_dict(), "lpips.pth") writes one',
  );
  const { weights, files: read } = await readCheckpoint(files, file, "LPIPS");
  const from = new WeightTaker(weights);
  const side = from.shapeOf("net.slice1.0.weight")?.[2];
  const form: ClassifierForm | undefined = lpipsForms[side as keyof typeof lpipsForms];
  requires(
    form,
    "BAD_MODEL",
    () => `LPIPS: ${path}: net.slice1.0.weight is ${side === undefined ? "missing" : `of windows of ${side}`}`,
    "VGG and AlexNet are read, with their classifier: the state dict of the whole class, not the linear weights alone",
  );
  const key = (slice: number, number: number) => `net.slice${slice + 1}.${number}`;
  const { convolutions, widths } = takeConvolutions(from, form, key);
  const heads = widths.map((width, slice) => from.take(`lin${slice}.model.1.weight`, [1, width, 1, 1]));
  from.finish([/^lins\./, /^scaling_layer\./]); // the same once more, and constants
  const parts = { form, convolutions, heads };
  return { name: file, distance: (a, b) => lpipsDistance(parts, a, b), files: read };
}
