import { describe, expect, test } from "vitest";
import { NDArray } from "../core/ndarray.js";
import { checkMask, composite, featherMask, freePositions, holdLatents, maskOfPicture, rectangleMask } from "./mask.js";

const bytes = (mask: NDArray) => [...(mask.data as Uint8Array)];

describe("rectangleMask", () => {
  test("255 inside, 0 outside", () => {
    expect(bytes(rectangleMask([1, 0, 2, 1], [2, 4]))).toEqual([0, 255, 255, 0, 0, 0, 0, 0]);
  });
  test.each([[[0, 0, 0, 1]], [[3, 0, 2, 1]], [[-1, 0, 2, 1]], [[0.5, 0, 1, 1]]] as const)(
    "%s leaves the picture",
    (rect) => {
      expect(() => rectangleMask(rect, [2, 4])).toThrow(/is no part of a 4x2 picture/);
    },
  );
});

test("a grey picture as a mask: white may change", () => {
  const mask = maskOfPicture(NDArray.float32([3, 1, 3], [0, 1, 0.5, 0, 1, 0.5, 0, 1, 0.5]));
  expect(bytes(mask)).toEqual([0, 255, 128]);
  expect(() => checkMask(mask, [1, 3])).not.toThrow();
  expect(() => checkMask(mask, [3, 1])).toThrow("mask: it has 3x1 pixels, the picture 1x3");
  expect(() => checkMask(new NDArray("uint8", [1, 2], new Uint8Array(2)), [1, 2])).toThrow("nothing in it may change");
});

describe("freePositions", () => {
  const one = (at: number) => {
    const data = new Uint8Array(24);
    data[at] = 1; // the slightest grey
    return new NDArray("uint8", [4, 6], data);
  };
  test("a position is free when any pixel of its cell may change", () => {
    expect([...freePositions(one(6 + 3), [2, 3], 2, [1, 1])]).toEqual([0, 1, 0, 0, 0, 0]);
    expect([...freePositions(one(23), [2, 3], 2, [1, 1])]).toEqual([0, 0, 0, 0, 0, 1]);
  });
  test("cells of a padded border repeat the border", () => {
    expect([...freePositions(one(5), [3, 4], 2, [1, 1])]).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  });
  test("cells of a picture worked at half its size are twice as large", () => {
    expect([...freePositions(one(5), [2, 3], 1, [2, 2])]).toEqual([0, 0, 1, 0, 0, 0]);
  });
});

test("held latents keep every channel's value", () => {
  const held = holdLatents(Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8), Uint8Array.of(1, 0));
  expect([...held]).toEqual([1, 6, 3, 8]);
});

describe("featherMask", () => {
  const row = (...values: number[]) => new NDArray("uint8", [1, values.length], Uint8Array.from(values));
  test("rises inwards from the edge, takes nothing outside, and reaches all of the new picture", () => {
    const shares = featherMask(rectangleMask([2, 0, 10, 20], [20, 12]), 3);
    expect([...shares.subarray(0, 12)]).toEqual([0, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1]);
  });
  test("radius 0 is the mask itself, greys included; a thin mask still reaches its middle", () => {
    expect([...featherMask(row(0, 255, 51, 0), 0)].map((x) => Number(x.toFixed(4)))).toEqual([0, 1, 0.2, 0]);
    expect(Math.max(...featherMask(row(0, 0, 255, 255, 255, 0, 0), 50))).toBe(1);
  });
  test("a mask of the whole picture has no edge", () => {
    expect([...featherMask(row(255, 255), 8)]).toEqual([1, 1]);
  });
});

test("composite is the source itself where the share is 0", () => {
  const source = NDArray.float32([3, 1, 2], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
  const made = NDArray.float32([3, 1, 2], new Float32Array(6).fill(1));
  const mixed = composite(source, made, Float32Array.of(0, 1)).floats();
  expect([mixed[0], mixed[2], mixed[4]]).toEqual([source.at(0), source.at(2), source.at(4)]);
  expect([mixed[1], mixed[3], mixed[5]]).toEqual([1, 1, 1]);
});
