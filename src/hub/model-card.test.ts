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
  ["", undefined],
])("%j", (card, licence) => {
  expect(cardLicence(card)).toBe(licence);
});
