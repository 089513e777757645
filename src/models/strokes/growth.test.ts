/** Drawings that grow in stages: where shapes join, what crossing costs, and that the picture is nearer after each stage. */
import { expect, test } from "vitest";
import { grad } from "../../autodiff/grad.js";
import { NDArray } from "../../core/ndarray.js";
import { Random } from "../../core/random.js";
import { input, type Tensor } from "../../graph/tensor.js";
import { evaluate } from "../../runtime/reference/evaluate.js";
import { errorPlaces } from "./error-parts.js";
import { crossing } from "./growth.js";

/** Rows of digits as grey in ninths, the same in all channels. */
function grey(...rows: string[]): NDArray {
  const values = [...rows.join("")].map((digit) => Number(digit) / 9);
  return NDArray.float32([3, rows.length, rows[0]?.length as number], [...values, ...values, ...values]);
}

const empty = grey(...Array(6).fill("00000000"));

test("shapes join in the middle of the largest parts where the error is alike, one part each", () => {
  const wanted = grey("88800000", "88800006", "88800006", "00000006", "06660006", "00000000");
  const places = errorPlaces(empty, wanted, 3, new Random(1));
  expect(places).toEqual([9, 23, 34]); // the middles of 9, 4 and 3 pixels: of two that are as near, the first
  const tooSmall = grey("10000000", ...Array(5).fill("00000000")); // 3 (1/9)^2 < .1
  const anywhere = errorPlaces(empty, tooSmall, 2, new Random(1));
  expect(anywhere.every((pixel) => pixel >= 0 && pixel < 48)).toBe(true);
  expect(errorPlaces(wanted, wanted, 2, new Random(1))).toEqual(anywhere);
});

test("parts that meet at a corner are two, and none reaches around the picture's side", () => {
  const wanted = grey("00000008", "80000000", "88000000", "00880000", "00880000", "00000000");
  expect(errorPlaces(empty, wanted, 2, new Random(1))).toEqual([26, 16]);
});

test("what crossing costs: nothing of a bow, the sine of a turn back; its gradient is that of differences", () => {
  const points = input("points", "float32", [1, 4, 2]);
  const cost = crossing(points);
  const [gradient] = grad(cost, [points]) as [Tensor];
  const at = (values: readonly number[]) => {
    const fed = new NDArray("float64", [1, 4, 2], Float64Array.from(values));
    return (evaluate([cost, gradient], { points: fed } as never) as [NDArray, NDArray]).map((made) => made) as [
      NDArray,
      NDArray,
    ];
  };
  expect(at([0, 0, 1, 1, 2, 1, 3, 0])[0].item()).toBe(0);
  const crossed = [0, 0, 2, 0, 2, 1, 1, -2];
  const [value, exact] = at(crossed);
  // s1 = (2, 0), s2 = (0, 1) turns left, s3 = (-1, -3) has turned by more than a half: sine -6 / (2 sqrt 10)
  expect(value.item()).toBeCloseTo(3 / Math.sqrt(10), 5);
  for (const [i] of crossed.entries()) {
    const moved = (by: number) => at(crossed.map((x, k) => (k === i ? x + by : x)))[0].item();
    expect(exact.at(i)).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 6);
  }
});
