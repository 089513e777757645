import { beforeAll, expect, test } from "vitest";
import { VqganClip } from "../index.js";
import { subjectsOf } from "./subject.js";

let vq: VqganClip;
beforeAll(async () => {
  vq = await VqganClip.fromPretrained({ threads: 1 });
});

/** Each phrase with its spots as "x,y,scale". */
async function said(text: string): Promise<Record<string, string[]>> {
  const subjects = await subjectsOf(vq.perceptor, text, vq.prior!.phrases, { threads: 1 });
  return Object.fromEntries(subjects.map(({ phrase, spots }) => [phrase, spots.map(({ x, y, scale }) => `${x},${y},${scale}`)])); // biome-ignore format: one thought
}

test.each([
  ["a red heart", { "red heart": ["0,0,1"] }],
  ["a purple mouse face", { "mouse face": ["0,0,1"] }],
  ["An airplane at night!", { airplane: ["0,0,1"] }],
  ["three strawberries", { strawberry: ["-0.5,0.5,0.5", "0.5,0.5,0.5", "0,-0.5,0.5"] }],
  ["four lions", { lion: ["-0.5,-0.5,0.5", "0.5,-0.5,0.5", "-0.5,0.5,0.5", "0.5,0.5,0.5"] }],
  ["a pair of buses", { bus: ["-0.5,0,0.5", "0.5,0,0.5"] }],
  ["a lipstick on the right", { lipstick: ["0.5,0,0.5"] }],
  ["a small fish", { fish: ["0,0,0.4"] }],
  ["a turtle to the left of a blue eggplant", { turtle: ["-0.5,0,0.5"], eggplant: ["0.5,0,0.5"] }],
  ["a turtle to the right of an eggplant", { turtle: ["0.5,0,0.5"], eggplant: ["-0.5,0,0.5"] }],
  ["a rocket above a house", { rocket: ["0,-0.5,0.5"], house: ["0,0.5,0.5"] }],
  ["a rocket under a house", { rocket: ["0,0.5,0.5"], house: ["0,-0.5,0.5"] }],
  ["freedom and hopelessness", {}],
])("%s", async (text, expected) => {
  expect(await said(text)).toEqual(expected);
});
