import { expect, test } from "vitest";
import { fixture, largestError } from "../../test/support/fixtures.js";
import { warpPicture } from "./warp.js";

test.each(["turned", "shrunk", "tilted"])("%s as torch's grid_sample and avg_pool2d do it", async (name) => {
  const reference = await fixture("motion/motion.safetensors");
  const view = Array.from(reference(`${name}.view`).floats());
  expect(largestError(warpPicture(reference("picture"), view), reference(name))).toBeLessThan(1e-5);
});

test("the identity changes nothing; half a turn twice is the identity", async () => {
  const picture = (await fixture("motion/motion.safetensors"))("picture");
  expect(largestError(warpPicture(picture, [1, 0, 0, 0, 1, 0, 0, 0, 1]), picture)).toBeLessThan(1e-6);
  const half = [-1, 0, 0, 0, -1, 0, 0, 0, 1];
  const turned = warpPicture(picture, half);
  expect(largestError(turned, picture)).toBeGreaterThan(0.1);
  expect(largestError(warpPicture(turned, half), picture)).toBeLessThan(1e-6);
});
