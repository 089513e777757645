import { zlibSync } from "fflate";
import { expect, test } from "vitest";
import { NDArray } from "../core/ndarray.js";
import { packMask, unpackMask } from "./packed-mask.js";

test("a mask comes back, small; other sizes, much more than a mask and nonsense are refused", () => {
  const mask = new NDArray(
    "uint8",
    [300, 200],
    Uint8Array.from({ length: 60_000 }, (_, i) => (i % 200 < 90 ? 255 : 0)),
  );
  const text = packMask(mask);
  expect(text.length).toBeLessThan(1000);
  expect(unpackMask(text, [300, 200])).toEqual(mask);
  const bomb = btoa(String.fromCharCode(...zlibSync(new Uint8Array(10_000_000), { level: 9 })));
  for (const [given, size] of [
    [text, [299, 200]],
    [text, [301, 200]],
    [bomb, [30, 20]],
    ["%", [2, 2]],
    ["AAAA", [2, 2]],
  ] as const) {
    // biome-ignore format: one list
    expect(() => unpackMask(given, size)).toThrow(/the metadata holds none of/);
  }
});
