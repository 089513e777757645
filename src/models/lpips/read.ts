/** LPIPS from the state dict of its own package's class, which holds the classifier and the weights of its channels. */
import { requires } from "../../core/errors.js";
import type { Affine } from "../../nn/layers.js";
import type { Place } from "../files.js";
import { readCheckpoint } from "../model-weights.js";
import { WeightTaker } from "../take-weights.js";
import { type Lpips, type LpipsForm, lpipsDistance, lpipsForms, USUAL_SIDE } from "./lpips.js";

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
  const form: LpipsForm | undefined = lpipsForms[side as keyof typeof lpipsForms];
  requires(
    form,
    "BAD_MODEL",
    () => `LPIPS: ${path}: net.slice1.0.weight is ${side === undefined ? "missing" : `of windows of ${side}`}`,
    "VGG and AlexNet are read, with their classifier: the state dict of the whole class, not the linear weights alone",
  );
  const convolutions = new Map<number, Affine>();
  let width = 3;
  const heads = form.slices.map((numbers, slice) => {
    for (const number of numbers) {
      const key = `net.slice${slice + 1}.${number}`;
      const [rows = 0] = from.shapeOf(`${key}.weight`) ?? [];
      const extent = form.sides[number] ?? USUAL_SIDE;
      convolutions.set(number, from.affine(key, [rows, width, extent, extent]));
      width = rows;
    }
    return from.take(`lin${slice}.model.1.weight`, [1, width, 1, 1]);
  });
  from.finish([/^lins\./, /^scaling_layer\./]); // the same once more, and constants
  const parts = { form, convolutions, heads };
  return { name: file, distance: (a, b) => lpipsDistance(parts, a, b), files: read };
}
