import { describe, expect, test, vi } from "vitest";
import { type Reading, readingOf } from "./reading.js";

const known = {
  styles: [
    { name: "pixel art", words: ["pixel art"] },
    { name: "watercolour", words: ["watercolour", "watercolor"] },
    { name: "oil painting", words: ["oil painting", "painted in oil"] },
    { name: "black and white", words: ["black and white"] },
  ],
  tints: [
    { name: "red", words: ["red"] },
    { name: "turquoise", words: ["cyan", "turquoise"] },
  ],
  phrases: new Set(
    "airplane;artist palette;blue heart;bus;car;cat;dog;eggplant;fish;grass;heart;house;lion;lipstick;mouse face;red heart;rocket;sea lion;strawberry;turtle".split(";"), // biome-ignore format: one list
  ),
  keywords: new Map([
    ["farm", "house"],
    ["kitty", "cat"],
    ["looking", "eyes"],
    ["moo", "cow"],
    ["painting", "artist palette"],
  ]),
  grounds: new Set([
    "at night",
    "in the grass",
    "in the night sky",
    "on a red background",
    "on grass",
    "on red",
    "by the sea",
    "on a green meadow",
    "under the stars",
  ]),
};

/** Each phrase with its spots as "x,y,scale". */
const placed = ({ subjects }: Reading) =>
  Object.fromEntries(subjects.map(({ phrase, spots }) => [phrase, spots.map(({ x, y, scale }) => `${x},${y},${scale}`)])); // biome-ignore format: one thought

const never = () => Promise.reject(new Error("nothing had to be compared"));

const read = (...texts: string[]) => readingOf(texts, known, never);

describe("things", () => {
  test.each([
    ["a red heart", { "red heart": ["0,0,1"] }],
    ["a purple mouse face", { "mouse face": ["0,0,1"] }],
    ["An airplane!", { airplane: ["0,0,1"] }],
    ["three strawberries", { strawberry: ["-0.5,0.5,0.5", "0.5,0.5,0.5", "0,-0.5,0.5"] }],
    ["four lions", { lion: ["-0.5,-0.5,0.5", "0.5,-0.5,0.5", "-0.5,0.5,0.5", "0.5,0.5,0.5"] }],
    ["a pair of buses", { bus: ["-0.5,0,0.5", "0.5,0,0.5"] }],
    ["a lipstick on the right", { lipstick: ["0.5,0,0.5"] }],
    ["a small fish", { fish: ["0,0,0.4"] }],
    ["a turtle to the left of a blue eggplant", { turtle: ["-0.5,0,0.5"], eggplant: ["0.5,0,0.5"] }],
    ["a turtle to the right of an eggplant", { turtle: ["0.5,0,0.5"], eggplant: ["-0.5,0,0.5"] }],
    ["a rocket above a house", { rocket: ["0,-0.5,0.5"], house: ["0,0.5,0.5"] }],
    ["a rocket under a house", { rocket: ["0,0.5,0.5"], house: ["0,-0.5,0.5"] }],
    ["a cat, and a dog", { cat: ["-0.5,0,0.5"], dog: ["0.5,0,0.5"] }],
    ["a red, heart", { heart: ["0,0,1"] }],
    ["freedom and hopelessness", {}],
  ])("%s", async (text, expected) => {
    expect(placed(await read(text))).toEqual(expected);
  });

  test("of several without a relation, the one that says most of the text", async () => {
    const nearest = vi.fn(async () => 1);
    expect(placed(await readingOf(["A cat chasing two dogs, pixel art"], known, nearest))).toEqual({ dog: ["-0.5,0,0.5", "0.5,0,0.5"] }); // biome-ignore format: one thought
    expect(nearest.mock.calls).toEqual([["a cat chasing two dogs ,", ["cat", "dog"]]]);
  });

  test("keywords only where a text holds no phrase; the first text that names a thing", async () => {
    expect(placed(await read("a moo of a kitten", "a house"))).toEqual({ cow: ["0,0,1"] });
    expect(placed(await read("a farm cat"))).toEqual({ cat: ["0,0,1"] });
    expect(placed(await read("freedom", "two kitties"))).toEqual({ cat: ["-0.5,0,0.5", "0.5,0,0.5"] });
  });
});

describe("styles", () => {
  test.each([
    [["a farm"], undefined, ["house"]],
    [["a farm", "a watercolour painting"], 1, ["house"]],
    [["a watercolor of a cat"], 1, ["cat"]],
    [["Pixel-art of a cat"], 0, ["cat"]],
    [["an oil painting of a cat"], 2, ["cat"]],
    [["a cat, painted in oil"], 2, ["cat"]],
    [["an oil painting"], 2, []],
    [["an oil painting", "a kitty"], 2, ["cat"]],
    [["a black and white cat"], 3, ["cat"]],
    [["a black cat and a white dog"], undefined, ["cat", "dog"]],
    [["a watercolour of a cat", "pixel art"], 0, ["cat"]],
    [["pixelated art of oil paintings"], undefined, ["artist palette"]],
  ])("%j", async (texts, style, things) => {
    const reading = await read(...texts);
    expect([reading.style, reading.subjects.map(({ phrase }) => phrase)]).toEqual([style, things]);
  });
});

describe("tints", () => {
  test.each([
    ["a cat", [undefined]],
    ["a red cat", [0]],
    ["two small cyan kitties", [1]],
    ["a red cat above a turquoise dog", [0, 1]],
    ["a red cat and a dog", [0, undefined]],
    ["red and cyan cats", [1]],
    ["a red heart", [undefined]],
    ["a sky of red with a cat", [undefined]],
    ["red, a cat", [undefined]],
    ["a cat on red", [undefined]],
  ])("%s", async (text, tints) => {
    expect((await read(text)).subjects.map(({ tint }) => tint)).toEqual(tints);
  });
});

describe("grounds", () => {
  test.each([
    ["a cat at night", "at night", { cat: ["0,0,0.8"] }],
    ["At night, a cat", "at night", { cat: ["0,0,0.8"] }],
    ["a cat in the night sky", "in the night sky", { cat: ["0,0,0.8"] }],
    ["a heart on red background", "on a red background", { heart: ["0,0,0.8"] }],
    ["a heart at night on the red background", "on a red background", { heart: ["0,0,0.8"] }],
    ["two lions under stars", "under the stars", { lion: ["-0.5,0,0.5", "0.5,0,0.5"] }],
    ["a cat in the grass", "in the grass", { cat: ["0,0.12,0.72"] }],
    ["a small cat on the grass", "on grass", { cat: ["0,0.12,0.4"] }],
    ["a rocket above a house by the sea", "by the sea", { rocket: ["0,-0.5,0.5"], house: ["0,0.5,0.5"] }],
    ["a cat by the sea and a dog", "by the sea", { cat: ["-0.5,0.12,0.5"], dog: ["0.5,0.12,0.5"] }],
    ["a cat on the grass looking up", "on grass", { cat: ["0,0.12,0.72"] }],
    ["a kitty on a green meadow", "on a green meadow", { cat: ["0,0.12,0.72"] }],
    ["at night", "at night", {}],
    ["in the grass", "in the grass", {}],
    ["grass", undefined, { grass: ["0,0,1"] }],
    ["on a red car", undefined, { car: ["0,0,1"] }],
    ["by the sea lion", undefined, { "sea lion": ["0,0,1"] }],
  ])("%s", async (text, ground, things) => {
    const reading = await read(text);
    expect([reading.ground, placed(reading)]).toEqual([ground, things]);
  });

  test("of any text, the longest; the words of none name a thing", async () => {
    const reading = await read("a cat on the grass", "by the sea, a watercolour", "on a red background");
    expect(reading).toMatchObject({ style: 1, ground: "on a red background", subjects: [{ phrase: "cat" }] });
  });
});
