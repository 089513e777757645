import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { settingsType, settingsTypeFile } from "../../tools/settings-type.js";

/** As one line, without what a formatter decides. */
const plain = (code: string) => code.replace(/[\s(),;|]+/g, "");

test("the interface of settings is what the schema says", async () => {
  const [made, kept] = [plain(settingsType()), plain(await readFile(settingsTypeFile, "utf8"))];
  expect(made, "npm run generate:types").toBe(kept);
});
