/** Folders of models that are almost right. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { loadGenerator } from "../../src/models/load.js";

export type Refuses = (file: string, changes: object, message: string, hint?: string) => Promise<void>;

/** Expects that the generator in `folder` is refused with these words while a JSON file of it has `changes`. */
export function refusesIn(folder: string): Refuses {
  return async (file, changes, message, hint) => {
    const path = join(folder, file);
    const whole = await readFile(path, "utf8");
    await writeFile(path, JSON.stringify({ ...JSON.parse(whole), ...changes }));
    await expect(loadGenerator(folder)).rejects.toMatchObject({
      code: "BAD_MODEL",
      message: expect.stringContaining(message),
      ...(hint !== undefined && { hint: expect.stringContaining(hint) }),
    });
    await writeFile(path, whole);
  };
}
