/** VGG19 from the file that torchvision or timm has of it. */
import { requires } from "../../core/errors.js";
import { weightStems } from "../../core/weight-names.js";
import type { Place } from "../files.js";
import { readCheckpoint, weightsIn } from "../model-weights.js";
import { WeightTaker } from "../take-weights.js";
import { takeConvolutions } from "./layers.js";
import { type Classifier, contentDistance, vgg19Form } from "./vgg19.js";

/** What stands behind the convolutions that are read, as torchvision and timm call it. */
const UNREAD = [/^features\.(32|34)\./, /^classifier\./, /^pre_logits\./, /^head\./];

/**
 * Reads torchvision's `vgg19-dcbb9e9d.pth`, or `model.safetensors` of timm's `vgg19.tv_in1k` or the folder that it is in.
 *
 * @throws BAD_MODEL naming what is missing or does not fit; BAD_FILE on damaged weights; IO_FAILED, ABORTED
 */
export async function readVgg19({ path, files, file }: Place): Promise<Classifier> {
  const found = file ?? (await weightsIn(files, weightStems.transformers, "VGG19"));
  requires(
    await files.has(found),
    "BAD_MODEL",
    () => `VGG19: ${path}: no such file`,
    "torchvision's vgg19-dcbb9e9d.pth, or model.safetensors of timm/vgg19.tv_in1k",
  );
  const { weights, files: read } = await readCheckpoint(files, found, "VGG19");
  const from = new WeightTaker(weights);
  const last = Math.max(...vgg19Form.slices.flat());
  requires(
    from.shapeOf("features.0.weight") && from.shapeOf(`features.${last}.weight`),
    "BAD_MODEL",
    () => `VGG19: ${path}: has no features.0.weight and features.${last}.weight`,
    "VGG19 without batch normalisation is read, as torchvision and timm have it",
  );
  const { convolutions } = takeConvolutions(from, vgg19Form, (_, number) => `features.${number}`);
  from.finish(UNREAD);
  return { name: found, distance: (a, b) => contentDistance(convolutions, a, b), files: read };
}
