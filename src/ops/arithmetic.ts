/** Elementwise arithmetic and functions, with NumPy broadcasting; the reverse walk un-broadcasts. */
import type { DType } from "../core/dtype.js";
import { requires } from "../core/errors.js";
import { broadcastShapes } from "../core/shape.js";
import { dtypeOfOnnxType, onnxTypeNumber } from "../graph/onnx-type.js";
import { defineOp } from "../graph/op.js";
import { constant, Tensor, type VjpContext } from "../graph/tensor.js";

export type Operand = Tensor | number;

const commonType = (a: Operand, b: Operand): DType =>
  a instanceof Tensor ? a.dtype : b instanceof Tensor ? b.dtype : "float32";

/** Numbers become constants of the other operand's dtype. */
function lift(operand: Operand, dtype: DType): Tensor {
  return typeof operand === "number" ? constant(operand, dtype) : operand;
}

type Binary = readonly [a: Tensor, b: Tensor];
type BinaryVjp = (ct: Tensor, a: Tensor, b: Tensor, y: Tensor) => readonly [Tensor, Tensor];

function binary(name: string, vjp?: BinaryVjp, result?: DType) {
  const apply = defineOp<Binary>(name, {
    infer: ([a, b]) => {
      requires(a.dtype === b.dtype, "SHAPE_MISMATCH", () => `${name}(): operands need one dtype, got ${a} and ${b}`);
      return { dtype: result ?? a.dtype, shape: broadcastShapes(name, a.shape, b.shape) };
    },
    ...(vjp && { vjp: ({ ct, inputs: [a, b], output }: VjpContext<Binary>) => vjp(ct, a, b, output) }),
  });
  return (a: Operand, b: Operand): Tensor => {
    const dtype = commonType(a, b);
    return apply([lift(a, dtype), lift(b, dtype)]);
  };
}

function unary(name: string, derivative?: (ct: Tensor, x: Tensor, y: Tensor) => Tensor) {
  const apply = defineOp<[x: Tensor]>(name, {
    infer: ([x]) => x,
    ...(derivative && { vjp: ({ ct, inputs: [x], output }: VjpContext<[x: Tensor]>) => [derivative(ct, x, output)] }),
  });
  return (x: Tensor): Tensor => apply([x]);
}

/** a + b; shapes are broadcast */
export const add = binary("Add", (ct) => [ct, ct]);
/** a - b; shapes are broadcast */
export const sub = binary("Sub", (ct) => [ct, neg(ct)]);
/** a * b; shapes are broadcast */
export const mul = binary("Mul", (ct, a, b) => [mul(ct, b), mul(ct, a)]);
/** d(a/b) = ct/b, -ct*y/b */
export const div = binary("Div", (ct, _a, b, y) => [div(ct, b), neg(div(mul(ct, y), b))]);
/** a^b, a > 0 where b's gradient is asked for: da = ct*b*a^(b-1); db = ct*y*ln a */
export const pow = binary("Pow", (ct, a, b, y) => [mul(ct, mul(b, pow(a, sub(b, 1)))), mul(ct, mul(y, log(a)))]);
/** Ties send the gradient to `a`. */
export const max = elementwiseExtremum("Max", (a, b) => greaterOrEqual(a, b));
/** The smaller of a and b. */
export const min = elementwiseExtremum("Min", (a, b) => greaterOrEqual(b, a));

function elementwiseExtremum(name: string, choosesA: (a: Tensor, b: Tensor) => Tensor) {
  return binary(name, (ct, a, b) => {
    const fromA = choosesA(a, b);
    return [where(fromA, ct, 0), where(fromA, 0, ct)];
  });
}

export const greaterOrEqual = binary("GreaterOrEqual", undefined, "bool");
export const greater = binary("Greater", undefined, "bool");
export const less = binary("Less", undefined, "bool");
export const equal = binary("Equal", undefined, "bool");

/** -x */
export const neg = unary("Neg", (ct) => neg(ct));
/** Square root of x. */
export const sqrt = unary("Sqrt", (ct, _x, y) => div(mul(ct, 0.5), y)); // 1 / (2 sqrt x)
/** e^x */
export const exp = unary("Exp", (ct, _x, y) => mul(ct, y));
/** Natural logarithm of x. */
export const log = unary("Log", (ct, x) => div(ct, x));
/** The derivative at 0 is 0, as `sign` gives it. */
export const abs = unary("Abs", (ct, x) => mul(ct, sign(x)));
/** sin(x) */
export const sin = unary("Sin", (ct, x) => mul(ct, cos(x)));
/** cos(x) */
export const cos = unary("Cos", (ct, x) => neg(mul(ct, sin(x))));
export const asin = unary("Asin", (ct, x) => div(ct, sqrt(sub(1, mul(x, x))))); // 1 / sqrt(1 - x^2)
/** tanh(x) */
export const tanh = unary("Tanh", (ct, _x, y) => mul(ct, sub(1, mul(y, y))));
/** 1 / (1 + e^-x) */
export const sigmoid = unary("Sigmoid", (ct, _x, y) => mul(ct, mul(y, sub(1, y))));
/** 2/sqrt(pi) * exp(-x^2) */
export const erf = unary("Erf", (ct, x) => mul(mul(ct, 2 / Math.sqrt(Math.PI)), exp(neg(mul(x, x)))));
export const floor = unary("Floor");
/** max(x, 0) */
export const relu = unary("Relu", (ct, x) => where(greater(x, 0), ct, 0));

/** -1, 0 or 1, from comparisons since Sign has no WebGPU kernel. Not differentiated. */
export function sign(x: Tensor): Tensor {
  return where(greater(x, 0), 1, where(less(x, 0), -1, 0));
}

const whereOp = defineOp<[condition: Tensor, a: Tensor, b: Tensor]>("Where", {
  infer: ([condition, a, b]) => {
    requires(
      condition.dtype === "bool" && a.dtype === b.dtype,
      "SHAPE_MISMATCH",
      () => `where(): needs a bool and two operands of one dtype, got ${condition}, ${a} and ${b}`,
    );
    return { dtype: a.dtype, shape: broadcastShapes("where", condition.shape, a.shape, b.shape) };
  },
  vjp: ({ ct, inputs: [condition] }) => [
    undefined,
    where(condition, ct, 0), // dA
    where(condition, 0, ct), // dB
  ],
});

/** `a` where `condition` (bool) holds, else `b`. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const dtype = commonType(a, b);
  return whereOp([condition, lift(a, dtype), lift(b, dtype)]);
}

/** min(max(x, low), high); no gradient outside [low, high] (see `clampWithGrad` for the other kind). */
export function clip(x: Tensor, low: Operand, high: Operand): Tensor {
  return min(max(x, low), high);
}

/** x * x */
export const square = (x: Tensor): Tensor => mul(x, x);

const castOp = defineOp<[x: Tensor], { to: number }>("Cast", {
  infer: ([x], { to }) => ({ dtype: dtypeOfOnnxType(to), shape: x.shape }),
  vjp: ({ ct, inputs: [x], output }) => {
    requires(
      x.dtype.startsWith("float") && output.dtype.startsWith("float"),
      "BAD_ARGUMENT",
      () => `cast(): ${x.dtype} to ${output.dtype} has no derivative; wrap it in stopGradient()`,
    );
    return [cast(ct, x.dtype)];
  },
});

/** Converts element type; itself when it has it already. Differentiable from float to float. */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : castOp([x], { to: onnxTypeNumber[dtype] });
}
