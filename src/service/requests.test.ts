import { expect, test } from "vitest";
import { editSchema, pictureSchema } from "./requests.js";

test("what a client leaves out is not asked for: presets and models decide", () => {
  expect(pictureSchema.parse({ prompts: "a castle", preset: "gper" })).toEqual({ prompts: "a castle", preset: "gper" });
  expect(editSchema.parse({ prompts: "a castle" })).toEqual({ prompts: "a castle" });
});
