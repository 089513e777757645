import { expect, test } from "vitest";
import { naturalOrder } from "./natural-order.js";

test("numbers count by their value, wherever they stand", () => {
  const names = ["frame10.png", "frame2.png", "frame1.png", "b2-10.png", "b10-1.png", "b2-9.png"];
  expect(naturalOrder(names)).toEqual([
    "b2-9.png",
    "b2-10.png",
    "b10-1.png",
    "frame1.png",
    "frame2.png",
    "frame10.png",
  ]);
  expect(naturalOrder(["a1", "a01"])).toEqual(naturalOrder(["a01", "a1"]));
});
