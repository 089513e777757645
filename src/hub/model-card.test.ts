import { expect, test } from "vitest";
import { cardLicence } from "./model-card.js";

test.each([
  ["---\nlicense: mit\n---\n# A model", "mit"],
  ['---\r\ntags:\r\n- clip\r\nlicense: "apache-2.0"\r\n---\r\n', "apache-2.0"],
  ["---\nlicense: other\nlicense_name: research-only\n---\n", "research-only"],
  ["---\nlicense: other\n---\n", "other"],
  ["---\ntags: [clip]\n---\nlicense: not in the header\n", undefined],
  ["---\nlicense:\ntags: []\n---\n", undefined],
  ["# A model\nlicense: mit\n", undefined],
  ["---\nlicense: \x1b[31mmit\x1b[0m\u202e\n---\n", "[31mmit [0m"],
  [`---\nlicense: ${"x".repeat(500)}\n---\n`, `${"x".repeat(120)}...`],
  ["", undefined],
])("%j", (card, licence) => {
  expect(cardLicence(card)).toBe(licence);
});

test.each([
  ["blanks", `---\nlicense:${" ".repeat(1e5)}x\n---\n`, "x"],
  ["blanks without an end", `---\nlicense:${" ".repeat(1e5)}`, undefined],
  ["headers that end nowhere", "---x\n".repeat(2e4), undefined],
  ["quotes", `---\nlicense: ${'"'.repeat(1e5)}\n---\n`, `${'"'.repeat(120)}...`],
])("%s take no time", (_, card, licence) => {
  const start = performance.now();
  expect(cardLicence(card)).toBe(licence);
  expect(performance.now() - start).toBeLessThan(3000);
});
