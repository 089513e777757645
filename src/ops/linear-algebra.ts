/** Matrix products, batched with broadcasting, and their derivatives. */
import { requires } from "../core/errors.js";
import { broadcastShapes, normalizeAxis, sameShape } from "../core/shape.js";
import { defineOp } from "../graph/op.js";
import { FloatAttribute, type Tensor } from "../graph/tensor.js";
import { reshape, transpose } from "./layout.js";

const matmulOp = defineOp<[a: Tensor, b: Tensor]>("MatMul", {
  infer: ([a, b]) => {
    requires(
      a.rank >= 2 && b.rank >= 2 && a.shape.at(-1) === b.shape.at(-2) && a.dtype === b.dtype,
      "SHAPE_MISMATCH",
      () => `matmul(): inner dimensions differ, got ${a} and ${b}`,
    );
    const batch = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
    return { dtype: a.dtype, shape: [...batch, a.shape.at(-2) as number, b.shape.at(-1) as number] };
  },
  vjp: ({ ct, inputs: [a, b] }) => [
    matmul(ct, transpose(b)), // dA = dY . B^T
    matmul(transpose(a), ct), // dB = A^T . dY
  ],
});

/** [..., m, k] . [..., k, n] -> [..., m, n]; leading axes broadcast. */
export function matmul(a: Tensor, b: Tensor): Tensor {
  return matmulOp([a, b]);
}

type GemmInputs = readonly [a: Tensor, b: Tensor] | readonly [a: Tensor, b: Tensor, c: Tensor];
type GemmAttributes = { alpha: FloatAttribute; transA: number; transB: number };

const gemmOp = defineOp<GemmInputs, GemmAttributes>("Gemm", {
  infer: ([a, b, c], { transA, transB }) => {
    const [m, k] = (transA ? a.shape.toReversed() : a.shape) as [number, number];
    const [l, n] = (transB ? b.shape.toReversed() : b.shape) as [number, number];
    requires(
      a.rank === 2 && b.rank === 2 && k === l && a.dtype === b.dtype,
      "SHAPE_MISMATCH",
      () => `gemm(): inner dimensions differ, got ${a} and ${b} (transA=${transA}, transB=${transB})`,
    );
    requires(
      !c || sameShape(broadcastShapes("gemm", c.shape, [m, n]), [m, n]),
      "SHAPE_MISMATCH",
      () => `gemm(): ${c} does not stretch to the product [${m},${n}]`,
    );
    return { dtype: a.dtype, shape: [m, n] };
  },
  // dA = alpha dY . op(B)^T and dB = alpha op(A)^T . dY, each transposed again where the operand was; dC = dY
  vjp: ({ ct, inputs: [a, b], attributes: { alpha, transA, transB } }) => {
    const scale = alpha.value;
    const dA = transA
      ? gemm(b, ct, undefined, { alpha: scale, transA: transB, transB: 1 })
      : gemm(ct, b, undefined, { alpha: scale, transB: 1 - transB });
    const dB = transB
      ? gemm(ct, a, undefined, { alpha: scale, transA: 1, transB: transA })
      : gemm(a, ct, undefined, { alpha: scale, transA: 1 - transA });
    return [dA, dB, ct];
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
  const along = normalizeAxis("applyAlong", axis, x.rank);
  if (along === x.rank - 1) return matmul(x, transpose(matrix));
  if (along === x.rank - 2) return matmul(matrix, x);
  const swap = x.shape.map((_, i) => i); // trades places with the last but one: its own inverse
  [swap[along], swap[x.rank - 2]] = [x.rank - 2, along];
  return transpose(matmul(matrix, transpose(x, swap)), swap);
}
