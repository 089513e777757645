/** 3x3 homographies in normalised coordinates ([-1,1] across the picture), row-major, as sampling wants them. */

/** Nine numbers, row-major; maps (x, y, 1) of the sampled picture to the source. */
export type Homography = readonly number[];

const IDENTITY: Homography = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** The product of the factors: the last one is applied first. No factor gives the identity. */
export function compose(...factors: Homography[]): Homography {
  return factors.reduce(multiply, IDENTITY);
}

function multiply(a: Homography, b: Homography): Homography {
  return IDENTITY.map((_, i) => {
    const row = Math.floor(i / 3) * 3;
    const column = i % 3;
    return [0, 1, 2].reduce((total, k) => total + (a[row + k] as number) * (b[3 * k + column] as number), 0);
  });
}

export function scaleAndShift(scaleX: number, scaleY: number, shiftX: number, shiftY: number): Homography {
  return [scaleX, 0, shiftX, 0, scaleY, shiftY, 0, 0, 1];
}

export function invert(m: Homography): Homography {
  const [a, b, c, d, e, f, g, h, i] = m as [number, number, number, number, number, number, number, number, number];
  const cofactors = [
    e * i - f * h, c * h - b * i, b * f - c * e,
    f * g - d * i, a * i - c * g, c * d - a * f,
    d * h - e * g, b * g - a * h, a * e - b * d,
  ]; // biome-ignore format: a matrix reads as one
  const determinant = a * (cofactors[0] as number) + b * (cofactors[3] as number) + c * (cofactors[6] as number);
  return cofactors.map((value) => value / determinant);
}

export type Point = readonly [x: number, y: number];

/** The homography that takes the unit square's corners (-1,-1) (1,-1) (1,1) (-1,1) to four points (Heckbert 1989). */
export function squareTo(corners: readonly [Point, Point, Point, Point]): Homography {
  const [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = corners;
  const dx1 = x1 - x2;
  const dx2 = x3 - x2;
  const dy1 = y1 - y2;
  const dy2 = y3 - y2;
  const sx = x0 - x1 + x2 - x3;
  const sy = y0 - y1 + y2 - y3;
  const determinant = dx1 * dy2 - dx2 * dy1;
  const g = (sx * dy2 - dx2 * sy) / determinant;
  const h = (dx1 * sy - sx * dy1) / determinant;
  const fromUnit = [x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h, 1];
  return compose(fromUnit, scaleAndShift(0.5, 0.5, 0.5, 0.5)); // [-1,1]^2 -> [0,1]^2 first
}
