/** Lines that are added to a file. */
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inEmptyFolder } from "../../test/support/cli.js";
import { LineLog } from "./line-log.js";

const nobody = () => {};

test("lines come behind what is there, in their order, whole; the file is its owner's alone", () =>
  inEmptyFolder(async (folder) => {
    const path = join(folder, "a.jsonl");
    for (const first of [0, 3]) {
      const log = await LineLog.open(path, nobody);
      for (let i = first; i < first + 3; i++) log.add({ i, text: "x\ny" });
      await log.close();
    }
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(Array.from({ length: 6 }, (_, i) => ({ i, text: "x\ny" })));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  }));

test("what cannot be opened is said in one line; what cannot be written is told, and nobody is held up", () =>
  inEmptyFolder(async (folder) => {
    await writeFile(join(folder, "file"), "");
    await expect(LineLog.open(folder, nobody)).rejects.toMatchObject({ code: "IO_FAILED" });
    await expect(LineLog.open(join(folder, "no", "a.jsonl"), nobody)).rejects.toThrow(/there is no folder/);
    const faults: string[] = [];
    const log = await LineLog.open("/dev/full", (text) => faults.push(text));
    log.add({ a: 1 });
    await log.close();
    expect(faults).toEqual(["cannot write /dev/full: the disk is full"]);
  }));
