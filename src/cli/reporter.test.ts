import { expect, it } from "vitest";
import { clock, progressLine } from "./reporter.js";

it("clock", () => {
  expect([0, 59.6, 61, 3725].map(clock)).toEqual(["0:00", "1:00", "1:01", "1:02:05"]);
});

it("progressLine shows rate, remaining time and losses", () => {
  const losses = {
    total: 0.81,
    prompts: [0.7, 0.11],
    structure: 0,
    perceptual: 0,
    picture: [],
    rewards: [],
    latent: 0,
  };
  expect(progressLine(100, 400, losses, 0.25, 8)).toBe(
    "##...... 100/400  4.0 it/s  eta 1:15  loss 0.8100 (0.700 0.110)",
  );
  expect(
    progressLine(
      4,
      4,
      { total: 1, prompts: [1], structure: 0, perceptual: 0, picture: [], rewards: [], latent: 0 },
      2.5,
      4,
    ),
  ).toBe("#### 4/4  2.5 s/it  eta 0:00  loss 1.0000");
});
