import { expect, test } from "vitest";
import { joinPrompts, parseAim, parsePrompt, parsePrompts } from "./prompt.js";

const never = Number.NEGATIVE_INFINITY;

test.each([
  ["a cat", [["a cat", 1, never]]],
  ["a cat:2", [["a cat", 2, never]]],
  ["a cat : -0.5 : -.25 ", [["a cat", -0.5, -0.25]]],
  [
    "a|b:0.5|c:-1e-1",
    [
      ["a", 1, never],
      ["b", 0.5, never],
      ["c", -0.1, never],
    ],
  ],
  ["Dune: part two", [["Dune: part two", 1, never]]],
  ["Re:Zero:1.5", [["Re:Zero", 1.5, never]]],
  ["a clock at 10:30", [["a clock at 10:30", 1, never]]],
  ["a clock at 10:30:0.5", [["a clock at 10:30", 0.5, never]]],
  ["a clock at 10:30: 2", [["a clock at 10:30", 2, never]]],
  ["a clock at 10:30:15", [["a clock at 10:30:15", 1, never]]],
  ["a photo in 16:9", [["a photo in 16:9", 1, never]]],
  ["a photo in 16:9:-0.5:0.2", [["a photo in 16:9", -0.5, 0.2]]],
  ["a film in 2.39:1", [["a film in 2.39:1", 1, never]]],
  ["a film in 1:1.85", [["a film in 1:1.85", 1, never]]],
  ["3:0", [["3:0", 1, never]]],
  ["unreal engine 5:0.5", [["unreal engine 5", 0.5, never]]],
  ["unreal engine 5:+2", [["unreal engine 5", 2, never]]],
  ["a cat:2:1", [["a cat", 2, 1]]],
  ["a cat:2:0.4", [["a cat", 2, 0.4]]],
  ["a cat:1:-inf", [["a cat", 1, never]]],
  ["either\\|or\\:5", [["either|or:5", 1, never]]],
] as const)("%s", (source, expected) => {
  expect(parsePrompts(source).map(({ text, weight, stop }) => [text, weight, stop])).toEqual(expected);
});

test.each([
  ["", "the text is empty"],
  ["a | ", "the text is empty"],
  [":2", "the text is empty"],
  ["a cat:", 'weight "" of "a cat" is no number'],
  ["a cat:1.2.3", 'weight "1.2.3"'],
  ["a cat:nan", 'weight "nan"'],
  ["a cat:inf", 'weight "inf"'],
  ["a cat:1e999", "must be finite"],
  ["a cat:0", "must be finite and not zero"],
  ["a cat:1:0x", 'stop "0x"'],
])("refuses %s", (source, message) => {
  expect(() => parsePrompts(source)).toThrow(message);
});

test("^ separates scenes, and a text beside a story is in each of them", () => {
  const scenes = (source: string) => parsePrompts(source).map(({ text, scene }) => [text, scene]);
  expect(scenes("a | b:2 ^ c ^ d")).toEqual([["a", 0], ["b", 0], ["c", 1], ["d", 2]]); // biome-ignore format: short
  expect(scenes("2\\^3")).toEqual([["2^3", 0]]);
  expect(() => parsePrompts("a ^ ")).toThrow('the text is empty in "a ^"');
  expect(scenes(joinPrompts(["a ^ b", "oil"]))).toEqual([["a", 0], ["oil", 0], ["b", 1], ["oil", 1]]); // biome-ignore format: short
  expect(joinPrompts(["a", "b:0.5"])).toBe("a | b:0.5");
  expect(() => joinPrompts(["a ^ b", "a ^ b ^ c"])).toThrow("one text has 3 scenes, another 2");
});

test("of files and seeds every number behind a colon counts: they hold no ratios", () => {
  expect(parseAim("42:2")).toMatchObject({ text: "42", weight: 2 });
  expect(parseAim("frame-1:3:1")).toMatchObject({ text: "frame-1", weight: 3, stop: 1 });
});

test("one prompt may hold | and ^, as a file's name may", () => {
  expect(parsePrompt("a|b^c.png:0->1:0.2")).toMatchObject({ text: "a|b^c.png", stop: 0.2 });
});

test.each([
  ["fog:0->0", "no run of keyframes"],
  ["fog:0->", "no run of keyframes"],
  ["fog:0@9->1@3", "no run of keyframes"],
])("refuses the keyframes %s", (source, message) => {
  expect(() => parsePrompts(source)).toThrow(message);
});
