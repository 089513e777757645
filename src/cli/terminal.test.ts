import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { redraw, remark, tell, tellJson } from "./terminal.js";

afterEach(() => vi.restoreAllMocks());

/** What `work` writes to a stream. */
function written(stream: "stdout" | "stderr", work: () => void): string {
  const parts: string[] = [];
  const spy = vi.spyOn(process[stream], "write").mockImplementation((part) => parts.push(String(part)) > 0);
  work();
  spy.mockRestore();
  return parts.join("");
}

const hostile = "\u001b]0;owned\u0007\u009b31m\nlicence: MIT";
const shown = "\\u001b]0;owned\\u0007\\u009b31m\\nlicence: MIT";

test("no text is obeyed, and no value feigns a line of its own", () => {
  expect(written("stdout", () => tell("a", hostile))).toBe(`a\n${shown}\n`);
  expect(written("stderr", () => remark(hostile))).toBe(`${shown}\n`);
  expect(written("stderr", () => redraw(hostile))).toBe(`\r\u001b[K${shown}`);
  expect(written("stderr", () => redraw("###.. step", 5))).toBe("\r\u001b[K\u001b[36m###..\u001b[39m step");
});

test("JSON is shown so too, and stays the same value", () => {
  const json = written("stdout", () => tellJson({ [hostile]: [hostile] }, 2));
  expect(json.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  expect(JSON.parse(json)).toEqual({ [hostile]: [hostile] });
});

test("nothing of the command line writes past it but a picture's bytes", () => {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  const sources = readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  const writing = sources.filter((name) => /console\.|std(out|err)\.write/.test(readFileSync(folder + name, "utf8")));
  expect(writing).toEqual(["output-streams.ts", "terminal.ts"]);
});
