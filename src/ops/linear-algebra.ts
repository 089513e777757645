/** Matrix products, batched with broadcasting, and their derivatives. */
import { requires } from "../core/errors.js";
import { broadcastShapes } from "../core/shape.js";
import { defineOp } from "../graph/op.js";
import { FloatAttribute, type Tensor } from "../graph/tensor.js";
import { reshape, transpose } from "./movement.js";
import { sumTo } from "./reduction.js";

const matmulOp = defineOp("MatMul", {
  infer: ([a, b]) => {
    const [left, right] = [a as Tensor, b as Tensor];
    requires(
      left.rank >= 2 && right.rank >= 2 && left.shape.at(-1) === right.shape.at(-2) && left.dtype === right.dtype,
      "SHAPE_MISMATCH",
      () => `matmul(): inner dimensions differ, got ${left} and ${right}`,
    );
    const batch = broadcastShapes("matmul", left.shape.slice(0, -2), right.shape.slice(0, -2));
    return { dtype: left.dtype, shape: [...batch, left.shape.at(-2) as number, right.shape.at(-1) as number] };
  },
  vjp: ({ ct, inputs: [a, b] }) => [
    matmul(ct, transpose(b as Tensor)), // dA = dY . B^T
    matmul(transpose(a as Tensor), ct), // dB = A^T . dY
  ],
});

/** [..., m, k] . [..., k, n] -> [..., m, n]; leading axes broadcast. */
export function matmul(a: Tensor, b: Tensor): Tensor {
  return matmulOp([a, b]);
}

const gemmOp = defineOp("Gemm", {
  infer: ([a, b], { transA = 0, transB = 0 }) => {
    const [left, right] = [a as Tensor, b as Tensor];
    const [m, k] = transA ? [left.shape[1], left.shape[0]] : left.shape;
    const [l, n] = transB ? [right.shape[1], right.shape[0]] : right.shape;
    requires(
      left.rank === 2 && right.rank === 2 && k === l,
      "SHAPE_MISMATCH",
      () => `gemm(): inner dimensions differ, got ${left} and ${right} (transA=${transA}, transB=${transB})`,
    );
    return { dtype: left.dtype, shape: [m as number, n as number] };
  },
  vjp: ({ ct, inputs: [a, b, c], attributes: { alpha, transA = 0, transB = 0 }, needs }) => {
    const [left, right] = [a as Tensor, b as Tensor];
    const scale = alpha instanceof FloatAttribute ? alpha.value : 1;
    const flag = (on: boolean) => (on ? 1 : 0);
    // dA = alpha dY . op(B)^T and dB = alpha op(A)^T . dY, each transposed again where the operand was
    const dA = () =>
      transA
        ? gemm(right, ct, undefined, { alpha: scale, transA: flag(transB === 1), transB: 1 })
        : gemm(ct, right, undefined, { alpha: scale, transB: flag(transB === 0) });
    const dB = () =>
      transB
        ? gemm(ct, left, undefined, { alpha: scale, transA: 1, transB: flag(transA === 1) })
        : gemm(left, ct, undefined, { alpha: scale, transA: flag(transA === 0) });
    return [needs[0] ? dA() : undefined, needs[1] ? dB() : undefined, c && needs[2] ? sumTo(ct, c.shape) : undefined];
  },
});

export interface GemmOptions {
  alpha?: number;
  transA?: number;
  transB?: number;
}

/** alpha * op(A) . op(B) + C for matrices; C broadcasts to the result. */
export function gemm(
  a: Tensor,
  b: Tensor,
  c?: Tensor,
  { alpha = 1, transA = 0, transB = 0 }: GemmOptions = {},
): Tensor {
  return gemmOp(c ? [a, b, c] : [a, b], { alpha: new FloatAttribute(alpha), transA, transB });
}

/** x [..., in] . W^T + b with torch's weight layout [out, in]; one Gemm each way on the same weight. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const rows = reshape(x, [-1, x.shape.at(-1) as number]);
  return reshape(gemm(rows, weight, bias, { transB: 1 }), [...x.shape.slice(0, -1), weight.shape[0] as number]);
}

/** Contracts one axis with a matrix [out, in]: y[..., o, ...] = sum_i M[o, i] x[..., i, ...]. */
export function applyAlong(x: Tensor, axis: number, matrix: Tensor): Tensor {
  if (axis === x.rank - 1) return matmul(x, transpose(matrix));
  if (axis === x.rank - 2) return matmul(matrix, x);
  const order = x.shape.map((_, i) => i).filter((i) => i !== axis);
  const moved = matmul(transpose(x, [...order, axis]), transpose(matrix));
  const back = x.shape.map((_, i) => (i === axis ? x.rank - 1 : order.indexOf(i)));
  return transpose(moved, back);
}
