/** Operations on tensors that generators and losses of a user's own are written in; each has its derivative. */
export { gelu, silu, softmax } from "./activation.js";
export { abs, add, clip, cos, div, exp, log, max, min, mul, neg, pow, relu, sigmoid, sin, sqrt, square, sub, tanh } from "./arithmetic.js"; // biome-ignore format: one list
export { conv2d } from "./convolution.js";
export { replaceGrad, stopGradient, straightThrough, withVjp } from "./gradient-control.js";
export { expand, reshape, transpose } from "./layout.js";
export { applyAlong, matmul } from "./linear-algebra.js";
export { concat, flip, gather, slice } from "./movement.js";
export { floats, zeros } from "./operands.js";
export { adaptiveAvgPool, avgPool, maxPool, resizeNearest } from "./pooling.js";
export { mean, reduceMax, sum } from "./reduction.js";
export { gridSample, resizeBilinear } from "./resample.js";
