import { expect, test } from "vitest";
import { NDArray } from "../core/ndarray.js";
import { contactSheet } from "./contact-sheet.js";

test("cells stand in rows with ink under them and white between", () => {
  const picture = (value: number) => NDArray.float32([3, 8, 16], new Float32Array(3 * 8 * 16).fill(value));
  const label = ["seed 1"];
  const sheet = contactSheet(
    [0.2, 0.4, 0.6].map((value) => ({ picture: picture(value), label })),
    2,
  );
  expect(sheet.shape).toEqual([3, 2 * (8 + 7 + 8), 2 * 20 + 4]);
  const at = (y: number, x: number) => sheet.floats()[y * 44 + x] as number;
  expect([at(0, 0), at(4, 4), at(11, 19), at(4, 24), at(27, 4), at(27, 24)]).toEqual(
    [1, 0.2, 0.2, 0.4, 0.6, 1].map(Math.fround),
  );
  const ink = sheet.floats().filter((value) => value === Math.fround(0.15));
  expect(ink.length).toBeGreaterThan(3 * 3 * 10);
  expect(() => contactSheet([], 2)).toThrow(/needs a cell/);
});
