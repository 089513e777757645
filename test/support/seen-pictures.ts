/** What a perceptor makes of pictures, and the way back, for comparison with its reference. */

import { grad } from "../../src/autodiff/grad.js";
import type { NDArray } from "../../src/core/ndarray.js";
import { input, type Tensor } from "../../src/graph/tensor.js";
import type { Perceptor } from "../../src/models/perceptor.js";
import { compile } from "../../src/runtime/program.js";

/**
 * Embeddings [n,E] of pictures, and the pictures' derivative of their product with `ct`.
 *
 * @param pixels [n,3,S,S]
 * @param ct [n,E]
 */
export async function seenPictures(
  perceptor: Perceptor,
  pixels: NDArray,
  ct: NDArray,
): Promise<{ readonly image: NDArray; readonly dpixels: NDArray }> {
  const x = input("pixels", "float32", pixels.shape);
  const image = perceptor.encodeImage(x);
  const dpixels = grad(image, [x], input("ct", "float32", ct.shape))[0] as Tensor;
  const program = await compile({ image, dpixels }, { threads: 1 });
  const result = await program.run({ pixels, ct });
  await program.dispose();
  return result;
}
