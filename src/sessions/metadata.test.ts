import { expect, test } from "vitest";
import { readStory } from "./metadata.js";

const read = (json: string) => () => readStory({ "vqgan-clip": json });

test("metadata of another version are told from broken ones", () => {
  expect(readStory({})).toBeUndefined();
  expect(read('{"version":2,"settings":{"look":"any"}}')).toThrow("is of version 2, this version reads 3");
  expect(read('{"version":99}')).toThrow(expect.objectContaining({ code: "BAD_FILE", hint: "update vqgan-clip" }));
  for (const broken of ["{", '{"version":3}', '{"settings":{}}']) expect(read(broken)).toThrow("metadata is damaged");
});
