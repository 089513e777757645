/** Settings that change over a run: what they are in a step, and what is refused. */
import { expect, test } from "vitest";
import { parseCourses } from "./course-list.js";
import { settingsAt } from "./courses.js";
import { presets } from "./presets.js";
import { checkSettings, type Settings } from "./settings.js";

const motion = { first: 10, every: 5, zoom: 1, pan: [1, 2], rotate: 0 };
const base = { ...presets.paper, prompts: "fog", size: [64, 64], seed: 1, steps: 11, motion };
const with_ = (list: string, more: object = {}): Settings =>
  checkSettings({ ...base, ...more, courses: parseCourses(list) });

test("a setting with a course has its number there, every other one its own", () => {
  const settings = with_("zoom=1->2,pan-y=-4@0->4@10, learningRate=0.5, rotate=0->0");
  const at = settingsAt(settings, 5);
  expect(at.motion).toEqual({ ...motion, zoom: 1.5, pan: [1, 0] });
  expect(at.learningRate).toBe(0.5);
  expect({ ...at, motion: null, learningRate: 0 }).toEqual({ ...settings, motion: null, learningRate: 0 });
  expect(settings.motion).toEqual(motion); // not touched
  expect(settingsAt(with_("none"), 5)).toEqual(with_("none"));
});

test.each([
  ["zoom=0.05->2", {}, "courses: zoom: motion.zoom: expected at least 0.1, got 0.05"],
  ["learning-rate=0.1->-0.1", {}, "courses: learningRate: learningRate: expected more than 0, got -0.1"],
  ["zoom=1->2", { motion: null }, "courses: zoom has one, and there is no motion"],
  ["rotate=0->2,rotate=1", {}, "courses: rotate has two"],
  ["structure=1->2", {}, "courses: structure has one and is 0"],
  ["size=1->2", {}, '"size=1->2" is of no setting that has one'],
  ["zoom", {}, '"zoom" is of no setting'],
  ["zoom=bass*2", {}, '"bass*2" is none for zoom'],
])("%s is refused", (list, more, message) => expect(() => with_(list, more)).toThrow(message));

test("files from before there were courses have none", () => {
  const { courses: _, ...former } = with_("none");
  expect(checkSettings(former).courses).toEqual([]);
});
