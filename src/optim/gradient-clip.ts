/** Gradients that are not longer than a run allows. */

/** 0 leaves it as it is; else a longer one is shortened to `most`, its direction kept, as torch's clip_grad_norm_ does it. */
export function clippedGradient(gradient: Float32Array, most: number): Float32Array {
  if (most === 0) return gradient;
  const factor = most / (Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0)) + 1e-6);
  return factor < 1 ? gradient.map((value) => value * factor) : gradient;
}
