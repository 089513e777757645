/** Cases of elementwise arithmetic and functions. */
import { NDArray } from "../../../src/core/ndarray.js";
import type { Random } from "../../../src/core/random.js";
import { constant, type Tensor } from "../../../src/graph/tensor.js";
import { gelu, geluTanh, quickGelu, silu } from "../../../src/ops/activation.js";
import * as a from "../../../src/ops/arithmetic.js";
import { straightThrough, withVjp } from "../../../src/ops/gradient-control.js";
import { over } from "../gradcheck.js";

const positive = { draw: (random: Random): number => random.uniform(0.5, 2) };
const inside = { draw: (random: Random): number => random.uniform(-0.9, 0.9) };
/** Away from 0, where relu and abs have their kinks. */
const offZero = { draw: (random: Random): number => (random.chance(0.5) ? 1 : -1) * random.uniform(0.2, 2) };
/** Half of them equal: comparisons are tried on ties too. */
const coarse = { draw: (random: Random): number => random.integer(3) - 1, differentiable: false };

const condition = (shape: number[], ...values: number[]): Tensor =>
  constant(new NDArray("bool", shape, Uint8Array.from(values)));
const truth = (test: (x: a.Operand, y: a.Operand) => Tensor) => (x: Tensor, y: Tensor) => a.where(test(x, y), 2, -1);

export const elementwise = [
  over("add, broadcast both ways", [2, 1, 3], [4, 1])(a.add),
  over("add of a number", [3])((x) => a.add(1.5, x)),
  over("sub", [2, 3], [3])(a.sub),
  over("sub from a number", [3])((x) => a.sub(1, x)),
  over("mul", [2, 3], [2, 1])(a.mul),
  over("mul of a scalar", [2, 3], [])(a.mul),
  over("div", [2, 3], [3])(a.div, positive),
  over("div of a number", [3])((x) => a.div(2, x), positive),
  over("pow", [2, 3], [2, 3])(a.pow, positive),
  over("pow, a cube of any sign", [4])((x) => a.pow(x, 3), offZero),
  over("pow, a reciprocal square", [4])((x) => a.pow(x, -2), offZero),
  over("max", [3, 4], [4])(a.max),
  over("min", [3, 4], [3, 1])(a.min),
  over("min of a number", [6])((x) => a.min(0.1, x)),
  over("neg", [3])(a.neg),
  over("sqrt", [4])(a.sqrt, positive),
  over("exp", [4])(a.exp),
  over("log", [4])(a.log, positive),
  over("abs", [5])(a.abs, offZero),
  over("sin", [4])(a.sin),
  over("cos", [4])(a.cos),
  over("asin", [4])(a.asin, inside),
  over("tanh", [4])(a.tanh),
  over("sigmoid", [4])(a.sigmoid),
  over("erf", [6])(a.erf),
  over("relu", [6])(a.relu, offZero),
  over("square", [4])(a.square),
  over("clip", [8])((x) => a.clip(x, -0.5, 0.6), inside),
  over("clip between values", [6], [6])((x, y) => a.clip(x, a.sub(y, 1), a.add(y, 1))),
  over("where, a condition that broadcasts", [2, 3])((x) => a.where(condition([3], 1, 0, 1), x, a.mul(x, 3))),
  over("where, operands that broadcast", [3], [2, 1])((x, y) => a.where(condition([2, 3], 1, 0, 1, 0, 0, 1), x, y)),
  over("where, a condition of the input", [6])((x) => a.where(a.greater(x, 0), a.square(x), a.mul(x, 0.5))),
  over("cast to double and back", [3])((x) => a.cast(a.cast(x, "float64"), "float32"), {
    notOnWebgpu: "it has no doubles",
  }),
  over("a value used three times", [4])((x) => a.mul(a.add(x, a.exp(x)), x)),
  over("gelu", [6])(gelu),
  over("geluTanh", [6])(geluTanh),
  over("quickGelu", [6])(quickGelu),
  over("silu", [6])(silu),
  over("straightThrough of equals", [2, 3])((z) => straightThrough(a.mul(z, 1), z)),
  over("withVjp, the true derivative", [3])((x) => withVjp(a.mul(x, x), [x], (ct) => [a.mul(ct, a.mul(x, 2))])),
  over("floor", [2, 4])(a.floor, { differentiable: false }),
  over("sign", [2, 4])(a.sign, coarse),
  over("greater", [3, 4], [4])(truth(a.greater), coarse),
  over("greaterOrEqual", [3, 4], [4])(truth(a.greaterOrEqual), coarse),
  over("less", [3, 4], [4])(truth(a.less), coarse),
  over("equal", [3, 4], [4])(truth(a.equal), coarse),
];
