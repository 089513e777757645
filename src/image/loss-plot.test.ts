import { expect, test } from "vitest";
import { plotSvg } from "./loss-plot.js";

const numbers = (svg: string, line: number) =>
  [...svg.matchAll(/points="([^"]+)"/g)][line]?.[1]?.split(" ").map((point) => point.split(",").map(Number));

test("curves share axes: first and last step at the sides, the least and the greatest value at bottom and top", () => {
  const svg = plotSvg([
    { name: "total", steps: [1, 2, 3], values: [5, 3, 1] },
    { name: "a <b> & c", steps: [1, 2, 3], values: [2, 2, 2] },
  ]);
  expect(numbers(svg, 0)).toEqual([[70, 20], [360, 227.5], [650, 435]]); // biome-ignore format: one curve
  expect(numbers(svg, 1)?.map(([, y]) => y)).toEqual([331.3, 331.3, 331.3]);
  expect(svg).toContain("<title>loss over steps: total, a &lt;b&gt; &amp; c</title>");
  expect([...svg.matchAll(/text-anchor="end">([^<]+)/g)].map(([, tick]) => tick)).toEqual(["1", "2", "3", "4", "5"]);
});

test("one step, and losses that do not change, are drawn in the middle", () => {
  expect(numbers(plotSvg([{ name: "total", steps: [7], values: [0] }]), 0)).toEqual([[360, 227.5]]);
  expect(plotSvg([{ name: "total", steps: [7], values: [-4] }])).not.toContain("NaN");
});
