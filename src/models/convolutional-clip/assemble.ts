/** A convolutional CLIP, read already, as a Perceptor: CLIP's own text tower beside convolutions for the picture. */
import { requires } from "../../core/errors.js";
import { type ClipParts, perceptorOf } from "../clip/assemble.js";
import { encodeText } from "../clip/text-encoder.js";
import type { Perceptor } from "../perceptor.js";
import { WeightTaker } from "../take-weights.js";
import { parseConvolutionalClipConfig } from "./config.js";
import { encodeConvolutionalImage } from "./image-encoder.js";
import { convolutionalClipWeights } from "./weights.js";

/** @throws BAD_MODEL naming the file or key that is missing or wrong */
export function convolutionalClipPerceptor(parts: ClipParts): Perceptor {
  const { preprocessor, pathOf } = parts;
  requires(
    preprocessor !== undefined,
    "BAD_MODEL",
    () =>
      `${pathOf("preprocessor_config.json")}: no such file; a convolutional CLIP needs its image_mean and image_std`,
  );
  const config = parseConvolutionalClipConfig(parts.config, preprocessor, pathOf("config.json"));
  const { text, image } = convolutionalClipWeights(new WeightTaker(parts.weights), config);
  return perceptorOf(parts, config, {
    encodeText: (ids, end) => encodeText(text, config, ids, end),
    encodeImageLayers: (pixels) => encodeConvolutionalImage(image, config, pixels),
  });
}
