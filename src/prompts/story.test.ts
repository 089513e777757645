import { expect, test } from "vitest";
import { parsePrompts } from "./prompt.js";
import { changesWithLength, sceneShare, weightsAt } from "./story.js";

test.each([0, 0.5, 1])(
  "with fade %s scenes add up to one picture in every step, each as long as the others",
  (fade) => {
    const steps = 30;
    const shown = [0, 0, 0];
    for (let step = 0; step < steps; step++) {
      const shares = [0, 1, 2].map((scene) => sceneShare(scene, 3, step, steps, fade));
      expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
      for (const share of shares) expect(share).toBeGreaterThanOrEqual(0);
      shares.forEach((share, i) => {
        shown[i] = (shown[i] as number) + share;
      });
    }
    for (const share of shown) expect(share).toBeCloseTo(10, 9);
  },
);

test("a fade is linear over its share of a scene; without one, scenes are cut", () => {
  const second = (fade: number) => Array.from({ length: 8 }, (_, step) => sceneShare(1, 2, step, 8, fade));
  expect(second(0)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  expect(second(1)).toEqual([0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1]);
});

test("a scene's share multiplies the prompt's own weight", () => {
  expect(weightsAt(parsePrompts("a:2 ^ b:0->1"), 0, 4, 0)).toEqual([2, 0]);
  expect(weightsAt(parsePrompts("a:2 ^ b:0->1"), 3, 4, 0)).toEqual([0, 1]);
});

test("what depends on the length of the run", () => {
  const depends = (prompts: string) =>
    changesWithLength({ prompts, targets: [], pictureRegularizers: [], rewards: [], courses: [] });
  expect(["a | b:2", "a:0@3->1@9", "a ^ b", "a:0->1"].map(depends)).toEqual([false, false, true, true]);
  const noise = { kind: "noise", weight: "1->0", stop: null, seed: 1 } as const;
  expect(changesWithLength({ prompts: "", targets: [noise], pictureRegularizers: [], rewards: [], courses: [] })).toBe(
    true,
  );
  const smooth = { kind: "tv", weight: "1->0" } as const;
  expect(
    changesWithLength({ prompts: "a", targets: [], pictureRegularizers: [smooth], rewards: [], courses: [] }),
  ).toBe(true);
});
