import { describe, expect, test } from "vitest";
import { NDArray } from "../core/ndarray.js";
import { editSource, finishedPicture, sourceScale, workingPicture, workingSize } from "./edit.js";

const ramp = (height: number, width: number) =>
  NDArray.float32(
    [3, height, width],
    Float32Array.from({ length: 3 * height * width }, (_, i) => (i % 256) / 255),
  );

describe("workingSize", () => {
  test.each([
    [[128, 128], 8, 512, [128, 128]],
    [[33, 47], 16, 512, [48, 48]],
    [[5, 100], 16, 512, [112, 16]],
    [[3000, 4000], 16, 512, [512, 384]],
    [[9, 4000], 8, 512, [512, 16]],
  ] as const)("%s by %i within %i is %s", (size, factor, maxSide, expected) => {
    expect(workingSize(size, factor, maxSide)).toEqual(expected);
  });
});

test("a picture that is padded comes back to the bit, one that is scaled at its own size", async () => {
  const source = await editSource(ramp(33, 47));
  const padded = workingPicture(source, [48, 40], 8);
  expect(padded.shape).toEqual([3, 40, 48]);
  expect(sourceScale(source, [48, 40], 8)).toEqual([1, 1]);
  expect(finishedPicture(padded, source, { size: [48, 40], feather: 0 }, 8)).toEqual(ramp(33, 47));
  const scaled = workingPicture(source, [24, 16], 8);
  expect(sourceScale(source, [24, 16], 8)).toEqual([47 / 24, 33 / 16]);
  expect(finishedPicture(scaled, source, { size: [24, 16], feather: 0 }, 8).shape).toEqual([3, 33, 47]);
});

test("a source is bytes and known by them", async () => {
  const { picture, sha256 } = await editSource(ramp(2, 2));
  expect([...(picture.data as Uint8Array)]).toEqual(Array.from({ length: 12 }, (_, i) => i));
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
});
