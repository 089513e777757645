/** Shapes that join a drawing of a picture in stages, each where it differs most by then (LIVE, Ma et al. 2022). */
import { NDArray } from "../../core/ndarray.js";
import type { Tensor } from "../../graph/tensor.js";
import { add, div, greaterOrEqual, mul, neg, relu, sqrt, square, sub, where } from "../../ops/arithmetic.js";
import { slice } from "../../ops/movement.js";
import { mean, sum } from "../../ops/reduction.js";
import type { Growth } from "../generator.js";
import { curvesOf, firstStrokes, roundStrokes, type Size, shapeOf } from "./curves.js";
import { errorPlaces } from "./error-parts.js";
import type { Strokes } from "./options.js";

/** Radius that a shape joins with: a share of the shorter side. */
const RADIUS = 5 / 240;
/** What it costs that shapes cross themselves, beside the squared error of the picture. */
const CROSSING = 1e-3;

export function growthOf(drawing: Strokes): Growth | undefined {
  const { stages, fit, count, shape } = drawing;
  if (stages === 0 || shape === "line") return undefined;
  const shapesAfter = (stage: number) => Math.round((count * stage) / stages);
  return {
    stages,
    steps: fit,
    begin: () => firstStrokes(NDArray.zeros("float32", shapeOf(drawing)), drawing, 0),
    grow(z, stage, drawn, wanted, random) {
      const size = wanted.shape.slice(1) as unknown as Size;
      const [from, to] = [shapesAfter(stage), shapesAfter(stage + 1)];
      const places = errorPlaces(drawn, wanted, to - from, random);
      const fresh = roundStrokes(
        drawing,
        wanted,
        [...Array(from).fill(0), ...places, ...Array(count - to).fill(0)],
        RADIUS * Math.min(...size),
      );
      const length = z.size / count;
      const joins = (i: number) => i >= from * length && i < to * length;
      return NDArray.float32(
        z.shape,
        z.floats().map((value, i) => (joins(i) ? (fresh.at(i) as number) : value)),
      );
    },
    extra: (z, size) => (shape === "closed" ? mul(crossing(curvesOf(z, drawing, size).points), CROSSING) : undefined),
  };
}

/**
 * How much cubics cross themselves: with s1, s2, s3 their control segments, by how much s3 turns back over s1, against the way that s2
 * turns. Mean over all cubics.
 *
 * @param points [n,3 k + 1,2]: k cubics of each shape, joined end to end
 */
export function crossing(points: Tensor): Tensor {
  const cubics = ((points.shape[1] as number) - 1) / 3;
  const costs = Array.from({ length: cubics }, (_, i) => {
    const point = (k: number) => slice(points, 1, 3 * i + k, 3 * i + k + 1); // [n,1,2]
    const [s1, s2, s3] = [0, 1, 2].map((k) => sub(point(k + 1), point(k))) as [Tensor, Tensor, Tensor];
    const turn = sine(s1, s3);
    return where(greaterOrEqual(sine(s1, s2), 0), relu(neg(turn)), relu(turn));
  });
  return mul(mean(costs.reduce(add)), 1 / cubics);
}

/** Of the angle from one vector to another, [n,1,2] each: [n,1,1] */
function sine(a: Tensor, b: Tensor): Tensor {
  const axis = (v: Tensor, k: number) => slice(v, 2, k, k + 1);
  const across = sub(mul(axis(a, 0), axis(b, 1)), mul(axis(a, 1), axis(b, 0)));
  const squares = (v: Tensor) => sum(square(v), { axes: [2], keepDims: true });
  return div(across, sqrt(add(mul(squares(a), squares(b)), 1e-6)));
}
