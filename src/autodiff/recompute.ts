/** Less memory for more time: intermediate values that are not kept for the backward pass but computed again there. */
import type { Tensor } from "../graph/tensor.js";
import { add, mul } from "../ops/arithmetic.js";
import { stopGradient, withVjp } from "../ops/gradient-control.js";
import { reshape } from "../ops/layout.js";
import { slice } from "../ops/movement.js";
import { grad } from "./grad.js";

/**
 * f(x), of which only x is kept until the backward pass has come down to it (gradient checkpointing, Chen et al. 2016).
 * The gradient is that of f(x) computed twice; it goes to x alone. Calls nest.
 */
export function recomputed(f: (x: Tensor) => Tensor, x: Tensor): Tensor {
  return withVjp(f(x), [x], (ct) => {
    const again = after(x, ct);
    return grad(f(again), [again], ct);
  });
}

/**
 * x, but not before `signal` is known: x + 0 signal[0]. Without it the second f(x) would be merged with the first, or run
 * beside it, and its values would be kept after all.
 */
function after(x: Tensor, signal: Tensor): Tensor {
  const nothing = mul(slice(reshape(signal, [-1]), 0, 0, 1), 0); // [1]
  return stopGradient(add(x, nothing));
}
