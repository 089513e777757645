/** Elementwise ops of the reference evaluator, straight from their definitions. */
import { dtypeOfOnnxType } from "../../graph/onnx-type.js";
import { broadcastAt, type Evaluator, fill, type Value } from "./value.js";

const unary = (f: (x: number) => number): Evaluator => {
  return ([x]) => (x as Value).data.map(f);
};
const binary = (f: (a: number, b: number) => number): Evaluator => {
  return ([a, b], _, { shape }) =>
    fill(shape, (index) => f(broadcastAt(a as Value, index), broadcastAt(b as Value, index)));
};
const truth = (f: (a: number, b: number) => boolean): Evaluator => binary((a, b) => Number(f(a, b)));

/** 2/sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (2n+1)!!, whose terms all have one sign. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(total); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

export const elementwise: Readonly<Record<string, Evaluator>> = {
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b) => a / b),
  Pow: binary((a, b) => a ** b),
  Max: binary(Math.max),
  Min: binary(Math.min),
  GreaterOrEqual: truth((a, b) => a >= b),
  Greater: truth((a, b) => a > b),
  Less: truth((a, b) => a < b),
  Equal: truth((a, b) => a === b),
  Neg: unary((x) => -x),
  Sqrt: unary(Math.sqrt),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Abs: unary(Math.abs),
  Sin: unary(Math.sin),
  Cos: unary(Math.cos),
  Asin: unary(Math.asin),
  Tanh: unary(Math.tanh),
  Sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  Erf: unary(erf),
  Floor: unary(Math.floor),
  Relu: unary((x) => Math.max(x, 0)),
  Identity: unary((x) => x),
  Where: ([condition, a, b], _, { shape }) =>
    fill(shape, (index) => broadcastAt((broadcastAt(condition as Value, index) ? a : b) as Value, index)),
  Cast: ([x], { to }) => {
    const dtype = dtypeOfOnnxType(to as number);
    if (dtype.startsWith("float")) return (x as Value).data.slice();
    return (x as Value).data.map(dtype === "bool" ? (value) => Number(value !== 0) : Math.trunc);
  },
};
