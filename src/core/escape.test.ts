import { expect, test } from "vitest";
import { VqganClipError } from "./errors.js";
import { escapedLine, escapedText } from "./escape.js";

test.each([
  ["\u001b[2J\u0007", "\\u001b[2J\\u0007"],
  ["\u009b31m", "\\u009b31m"],
  ["a\rb\u2028c", "a\\u000db\\u2028c"],
  ["gpj.\u202egnp", "gpj.\\u202egnp"],
  ["\u0000\u007f", "\\u0000\\u007f"],
])("%j is shown, not obeyed", (text, shown) => {
  expect(escapedText(text)).toBe(shown);
  expect(escapedLine(text)).toBe(shown);
});

test("letters of all scripts, newlines and tabs stay; on one line the latter two are shown", () => {
  const text = "caf\u00e9 \u57ce \u0642\u0644\u0639\u0629 \u{1f3f0}\n\tb";
  expect(escapedText(text)).toBe(text);
  expect(escapedLine(text)).toBe("caf\u00e9 \u57ce \u0642\u0644\u0639\u0629 \u{1f3f0}\\n\\tb");
});

test("an error's message and hint are shown so too", () => {
  const error = new VqganClipError("BAD_FILE", "no \u001b[31m tensor", "try \u009bm");
  expect([error.message, error.hint]).toEqual(["no \\u001b[31m tensor", "try \\u009bm"]);
});
