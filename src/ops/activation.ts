/** Nonlinearities of the models, in the forms that ONNX Runtime fuses. */
import { normalizeAxis } from "../core/shape.js";
import { defineOp } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";
import { add, div, erf, mul, sigmoid, sub, tanh } from "./arithmetic.js";
import { withVjp } from "./gradient-control.js";
import { sum } from "./reduction.js";

const softmaxOp = defineOp<[x: Tensor], { axis: number }>("Softmax", {
  infer: ([x]) => x,
  // dx = y (dy - sum(dy y))
  vjp: ({ ct, output: y, attributes: { axis } }) => [
    mul(y, sub(ct, sum(mul(ct, y), { axes: [axis], keepDims: true }))),
  ],
});

/** exp(x) / sum(exp(x)) along `axis` (default the last). */
export function softmax(x: Tensor, axis = -1): Tensor {
  return softmaxOp([x], { axis: normalizeAxis("softmax", axis, x.rank) });
}

/** x * Phi(x), exact: 0.5 x (1 + erf(x / sqrt 2)). The division is what ONNX Runtime's fusion looks for. */
export function gelu(x: Tensor): Tensor {
  return mul(mul(x, add(erf(div(x, Math.SQRT2)), 1)), 0.5);
}

/** 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), the first stand-in for gelu. */
export function geluTanh(x: Tensor): Tensor {
  const inner = mul(add(x, mul(mul(mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return mul(mul(x, add(tanh(inner), 1)), 0.5);
}

/** x * sigmoid(1.702 x), OpenAI CLIP's stand-in for gelu. */
export function quickGelu(x: Tensor): Tensor {
  return mul(x, sigmoid(mul(x, 1.702)));
}

/** x * sigmoid(x), also called swish. */
export function silu(x: Tensor): Tensor {
  const s = sigmoid(x);
  const y = mul(x, s);
  return withVjp(y, [x], (ct) => [siluGradient(ct, s, y)]);
}

/** d(x s)/dx = s + x s (1 - s) for s = sigmoid(x), y = x s: four passes over the map, where the walk through both would take six. */
export function siluGradient(ct: Tensor, s: Tensor, y: Tensor): Tensor {
  return mul(ct, sub(add(s, y), mul(y, s)));
}
