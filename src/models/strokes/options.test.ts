import { expect, test } from "vitest";
import { completeStrokes, nameOf, strokesNamed } from "./options.js";

test("a name tells options, and options their name: what differs from the defaults, in one spelling", () => {
  expect(strokesNamed("strokes")).toEqual({});
  expect(strokesNamed("pixels")).toBeUndefined();
  expect(strokesNamed("strokes-of-mine")).toBeUndefined();
  const options = strokesNamed("strokes:ink=#000000, count=32,paper=FFFFFF,width=1.5") ?? {};
  expect(options).toEqual({ ink: "#000000", count: 32, paper: "FFFFFF", width: 1.5 });
  expect(nameOf(options)).toBe("strokes:count=32,width=1.5,ink=black");
  expect(nameOf({})).toBe("strokes");
  expect(completeStrokes(options)).toMatchObject({ count: 32, ink: [0, 0, 0], paper: [1, 1, 1], opacity: true });
});

test.each([
  ["strokes:", '"" is no name=value'],
  ["strokes:count", '"count" is no name=value'],
  ["strokes:count=3,count=4", "count is there twice"],
  ["strokes:cuont=3", 'there is no "cuont"'],
  ["strokes:count=0", "count is a whole number from 1 to 4096, got 0"],
  ["strokes:count=many", "count is a whole number from 1 to 4096, got NaN"],
  ["strokes:segments=9", "segments is a whole number from 1 to 8, got 9"],
  ["strokes:width=60", "width is in percent of the shorter side, from 0.1 to 50, got 60"],
  ["strokes:width=5,widest=4", "widest is in percent of the shorter side, from 5 to 100, got 4"],
  ["strokes:ink=blue", "ink is colour, black, white or six hexadecimal digits, got blue"],
  ["strokes:shape=square", "shape is one of line, closed, triangle, got square"],
  ["strokes:opacity=maybe", "opacity is on or off, got maybe"],
])("%s is refused", (name, message) => {
  expect(() => completeStrokes(strokesNamed(name) ?? {})).toThrow(message);
});
