import { expect, test } from "vitest";
import { VqganClipError } from "./errors.js";
import { shown } from "./shown.js";

test.each<[unknown, string]>([
  [3, "3"],
  [Number.NaN, "NaN"],
  [-Infinity, "-Infinity"],
  [[1e21, Number.NaN], "[1e+21,NaN]"],
  [undefined, "undefined"],
  [null, "null"],
  ["F8", '"F8"'],
  ["\u001b[2J", '"\\u001b[2J"'],
  [[1, [2]], "[1,[2]]"],
  [{ a: { b: { c: 1 } } }, '{"a":{"b":{...}}}'],
  [[], "[]"],
  [Array.from({ length: 20 }, (_, i) => i), "[0,1,2,3,4,5,6,7,...]"],
])("%# is told as %s", (value, text) => {
  expect(shown(value)).toBe(text);
});

test("what is nested 200,000 deep is told in a moment", () => {
  expect(shown(JSON.parse("[".repeat(200_000) + "]".repeat(200_000)))).toBe("[[[...]]]");
});

test("a message is never as long as a file: its middle goes", () => {
  const { message } = new VqganClipError("BAD_FILE", `${"x".repeat(5e6)}: no such thing`);
  expect(message.length).toBeLessThan(2100);
  expect(message).toMatch(/^xxx.* \.\.\. .*x: no such thing$/);
  const escaped = new VqganClipError("BAD_FILE", "\0".repeat(1900), "\0".repeat(1900));
  expect(escaped.message.length).toBeLessThanOrEqual(2000);
  expect(escaped.hint?.length).toBeLessThanOrEqual(2000);
});
