/** Inputs as people have them: piped in, and text in the encodings that their editors write. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodePng, NDArray } from "../../src/index.js";
import { cli, inEmptyFolder, listing, tinyModels } from "../support/cli.js";
import { cliProcess } from "../support/cli-process.js";

const picture = encodePng(NDArray.zeros("float32", [3, 32, 32]), { Title: "night" });
const small = ["--size", "32x32", "--cutouts", "2", "--steps", "1", "--seed", "7", ...tinyModels];

describe("- is standard input", () => {
  test("for inspect, and for edit, which names its picture", () =>
    inEmptyFolder(async (cwd) => {
      const said = await cliProcess(["inspect", "-"], { cwd, input: picture });
      expect(said.stdout.toString()).toContain("text.Title: night");
      const made = await cliProcess(["edit", "-", "a castle", "--steps", "1", "--cutouts", "2", ...tinyModels], {
        cwd,
        input: picture,
      });
      expect(made.code, made.stderr).toBe(0);
      expect(await listing(cwd)).toEqual(["picture-edited.png"]);
    }));

  test("once", () =>
    inEmptyFolder(async (cwd) => {
      const targets = ["--vector-prompt", "-", "--image-prompt", "-"];
      const input = Buffer.from(JSON.stringify(new Array(32).fill(0.1)));
      const run = await cliProcess(["generate", "castle", ...targets, "-o", "a.png", ...small], { cwd, input });
      expect([run.code, run.stderr]).toEqual([2, expect.stringContaining("-: standard input was read already")]);
      expect(await listing(cwd)).toEqual([]);
    }));

  test("never a session, which is written too", async () => {
    const run = await cliProcess(["resume", "-"], { input: picture });
    expect([run.code, run.stderr]).toEqual([2, "vqgan-clip: resume: a session is read and written (name a file)\n"]);
  });
});

test.each<[string, (text: string) => Uint8Array]>([
  ["UTF-8 with its mark", (text) => Buffer.from(`\ufeff${text}`)],
  ["UTF-16", (text) => Buffer.from(`\ufeff${text}`, "utf16le")],
])("codes and vectors in %s are read", (_, encoded) =>
  inEmptyFolder(async (folder) => {
    const path = (name: string) => join(folder, name);
    await writeFile(path("codes.json"), encoded(JSON.stringify(new Array(256).fill(3))));
    const run = await cli(["generate", "castle", "--init-codes", path("codes.json"), "-o", path("a.png"), ...small]);
    expect(run.code, run.stderr).toBe(0);
    await writeFile(path("vector.json"), encoded("[1, 2]")); // read, and then of another length
    const vector = ["--vector-prompt", path("vector.json"), "-o", path("b.png")];
    expect((await cli(["generate", "castle", ...vector, ...small])).stderr).not.toContain("holds no embedding");
  }),
);
