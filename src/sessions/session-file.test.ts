import { unzipSync, zipSync } from "fflate";
import { expect, test } from "vitest";
import { smallSession } from "../../test/support/small-session.js";
import { NDArray } from "../core/ndarray.js";
import { writeSafetensors } from "../weights/safetensors.js";
import { readSession, writeSession } from "./session-file.js";

const bytes = writeSession(smallSession());

test("what is written reads back", async () => {
  expect(await readSession(bytes)).toEqual(smallSession());
});

test("arrays that no node has are refused: nodes inherit them, and they would add up", async () => {
  const extra = writeSafetensors({ latentTarget: NDArray.zeros("float32", [4]), a0: NDArray.zeros("uint8", [0]) });
  const swollen = zipSync({ ...unzipSync(bytes), "node-1.safetensors": extra });
  await expect(readSession(swollen)).rejects.toThrow('node-1.safetensors: there is no array "a0"');
});
