/** Values whose derivative is not their own: the custom gradients of the method. */
import { defineOp } from "../graph/op.js";
import type { GradientOverride, Tensor } from "../graph/tensor.js";
import { clip, greaterOrEqual, mul, sub, where } from "./arithmetic.js";

const identityOp = defineOp<[x: Tensor]>("Identity", { infer: ([x]) => x, vjp: ({ ct }) => [ct] });

/** The value of `x`, whose derivative with respect to `inputs` is what `vjp` says, however it was computed. */
export function withVjp(x: Tensor, inputs: readonly Tensor[], vjp: GradientOverride["vjp"]): Tensor {
  return identityOp([x], {}, { inputs, vjp });
}

/** The value of `x`; no gradient flows into it. */
export function stopGradient(x: Tensor): Tensor {
  return withVjp(x, [], () => []);
}

/** The value of `q` exactly; the gradient goes to `z` unchanged (Bengio et al. 2013). Shapes are equal. */
export function straightThrough(q: Tensor, z: Tensor): Tensor {
  return withVjp(q, [z], (ct) => [ct]);
}

/** The value of `value`; the gradient of `gradientOf`. Shapes are equal. */
export function replaceGrad(value: Tensor, gradientOf: Tensor): Tensor {
  return withVjp(value, [gradientOf], (ct) => [ct]);
}

/**
 * min(max(x, low), high). Backward, a cotangent passes where ct * (x - clamp(x)) >= 0: outside the range it is blocked only
 * if following it downhill would push further out, so that saturated pixels can come back.
 */
export function clampWithGrad(x: Tensor, low: number, high: number): Tensor {
  const clamped = clip(x, low, high);
  return withVjp(clamped, [x], (ct) => [where(greaterOrEqual(mul(ct, sub(x, clamped)), 0), ct, 0)]);
}
