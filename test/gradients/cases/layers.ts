/** Cases of normalisation, pooling, resampling and distances. */
import { NDArray } from "../../../src/core/ndarray.js";
import { constant } from "../../../src/graph/tensor.js";
import { add, square } from "../../../src/ops/arithmetic.js";
import { cosineSimilarity, normalize, pairedSphericalDistance, sphericalDistance } from "../../../src/ops/distance.js";
import { batchNorm, groupNorm, groupNormSilu, layerNorm } from "../../../src/ops/normalization.js";
import { adaptiveAvgPool, adaptiveMaxPool, avgPool, maxPool, resizeNearest } from "../../../src/ops/pooling.js";
import { gridSample, homographyGrid, resizeBilinear } from "../../../src/ops/resample.js";
import { over } from "../gradcheck.js";

/** Two views, partly outside; the first with perspective. */
const views = constant(
  NDArray.float32([2, 3, 3], [0.8, 0.1, 0.05, -0.2, 0.9, 0.1, 0.05, 0.02, 1, -0.7, 0.2, 0.3, 0.1, 1.3, -0.2, 0, 0, 1]),
);
/** Far outside, so that nothing is seen. */
const elsewhere = constant(NDArray.float32([1, 3, 3], [1, 0, 40, 0, 1, -70, 0, 0, 1]));

const normalizations = [
  over("layerNorm", [2, 3, 5], [5], [5])(layerNorm),
  over("layerNorm of rows, large epsilon", [3, 4], [4], [4])((x, w, b) => layerNorm(x, w, b, { epsilon: 0.5 })),
  over("groupNorm", [2, 6, 2, 3], [6], [6])((x, w, b) => groupNorm(x, w, b, { groups: 3 })),
  over("groupNorm, one group", [2, 3, 2, 2], [3], [3])((x, w, b) => groupNorm(x, w, b, { groups: 1, epsilon: 0.1 })),
  over("groupNormSilu", [2, 4, 3, 2], [4], [4])((x, w, b) => groupNormSilu(x, w, b, { groups: 2 })),
  over("groupNormSilu, one picture", [1, 4, 3, 3], [4], [4])((x, w, b) => groupNormSilu(x, w, b, { groups: 4 })),
  over(
    "batchNorm",
    [2, 3, 2, 2],
    [3],
    [3],
    [3],
    [3],
  )((x, weight, bias, mean, spread) => batchNorm(x, weight, bias, { mean, variance: add(square(spread), 0.5) })),
];

const pools = [
  over("avgPool", [1, 2, 4, 6])((x) => avgPool(x, { kernel: 2 })),
  over("avgPool, overlapping and padded", [2, 2, 5, 5])((x) => avgPool(x, { kernel: 3, stride: 2, padding: 1 })),
  over("avgPool, overlapping by all but one", [1, 1, 4, 5])((x) => avgPool(x, { kernel: 3, stride: 1 })),
  over("avgPool, a remainder", [1, 1, 5, 5])((x) => avgPool(x, { kernel: 2 })),
  over("maxPool", [1, 2, 4, 6])((x) => maxPool(x, { kernel: 2 })),
  over("maxPool, overlapping and padded", [2, 2, 5, 5])((x) => maxPool(x, { kernel: 3, stride: 2, padding: 1 })),
  over("maxPool, a remainder", [1, 1, 5, 5])((x) => maxPool(x, { kernel: 2 })),
  over("adaptiveAvgPool", [1, 2, 5, 7])((x) => adaptiveAvgPool(x, [3, 4])),
  over("adaptiveAvgPool, enlarging", [1, 1, 3, 2])((x) => adaptiveAvgPool(x, [4, 5])),
  over("adaptiveMaxPool", [1, 2, 5, 7])((x) => adaptiveMaxPool(x, [3, 4])),
  over("adaptiveMaxPool, enlarging", [1, 1, 3, 2])((x) => adaptiveMaxPool(x, [4, 5])),
];

const sampling = [
  over("resizeNearest", [1, 2, 3, 2])((x) => resizeNearest(x, 2)),
  over("resizeNearest by three, of two pictures", [2, 1, 2, 2])((x) => resizeNearest(x, 3)),
  over("resizeBilinear", [1, 2, 3, 4])((x) => resizeBilinear(x, [5, 3])),
  over("resizeBilinear to one pixel", [1, 1, 3, 4])((x) => resizeBilinear(x, [1, 1])),
  over("gridSample, two views of one picture", [1, 2, 5, 4])((x) => gridSample(x, homographyGrid(views, 4))),
  over("gridSample, a view of each picture", [2, 2, 3, 4])((x) => gridSample(x, homographyGrid(views, 3))),
  over("gridSample of nothing", [1, 1, 3, 3])((x) => gridSample(x, homographyGrid(elsewhere, 2))),
  over("homographyGrid", [2, 3, 3])((matrices) => homographyGrid(add(matrices, views), 3), {
    draw: (random) => random.uniform(-0.1, 0.1),
  }),
];

const distances = [
  over("normalize", [3, 4])((x) => normalize(x)),
  over("normalize along the first", [3, 2])((x) => normalize(x, 0)),
  over("cosineSimilarity", [3, 4], [2, 4])(cosineSimilarity),
  over("sphericalDistance", [3, 4], [2, 4])(sphericalDistance),
  over("pairedSphericalDistance", [3, 4], [3, 4])(pairedSphericalDistance),
];

export const layers = [...normalizations, ...pools, ...sampling, ...distances];
