/** Texts that a server is not to be asked for. */
import { expect, test } from "vitest";
import { Policy } from "./policy.js";

const policy = Policy.parse("# of this house\n\n\\bgrumpkin\\b\r\nblue +moon\n");

test.each<[string, unknown]>([
  ["a prompt", { prompts: "a Grumpkin in the sun" }],
  ["one of several", { prompts: ["a boat", "grumpkin:-1"] }],
  ["a phrase for a mask", { phrase: "the grumpkin" }],
  ["a text deep within", { input: { group: { values: [["prompt", "blue moon"]] } } }],
  ["a name", { grumpkin: 1 }],
  ["letters that look alike", { prompts: "ｇｒｕｍｐｋｉｎ" }],
  ["with nothing visible between", { prompts: "grum\u200bpkin" }],
  ["blanks of another kind", { prompts: "blue\u00a0\n moon" }],
])("%s is refused", (_, request) => {
  expect(() => policy.require(request)).toThrow(expect.objectContaining({ code: "REFUSED_TEXT" }));
});

test("what only looks like it, numbers, pictures and nothing pass", () => {
  for (const request of [
    { prompts: "grumpkins, a moon" },
    { seed: 3, image: "data:image/png;base64,grumpkin/" },
    {},
    null,
  ])
    expect(() => policy.require(request)).not.toThrow();
  expect(() => policy.require({ first: null, second: [undefined, { prompts: "grumpkin" }] })).toThrow();
});

test("however deep a request is, it is read to its end", () => {
  const deep = JSON.parse(`${"[".repeat(5000)}"grumpkin"${"]".repeat(5000)}`) as unknown;
  expect(() => policy.require(deep)).toThrow("grumpkin");
});

test("a line that is no pattern is named", () => {
  expect(() => Policy.parse("boat\n(", "rules.txt")).toThrow(/^rules\.txt: line 2: /);
});
