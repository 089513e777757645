/** Commands that name little: bare prompts, several pictures at once, and files that nobody named. */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readPngText, readStory } from "../../src/index.js";
import { cli, inEmptyFolder, listing, tinyModels } from "../support/cli.js";

const small = ["--size", "40x32", "--cutouts", "2", ...tinyModels];
const storyOf = async (path: string) => readStory(readPngText(await readFile(path)));

test("a bare prompt is generate; lines for people without control codes, and nothing on stdout", () =>
  inEmptyFolder(async (cwd) => {
    const run = await cli(["雪の城 in 16:9", "--steps", "2", "--seed", "4", ...small], { cwd });
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout.toString()).toBe("");
    expect(run.stderr).toMatch(/^read: "雪の城 in 16:9", weight 1$/m);
    expect(run.stderr).toMatch(/^#+ 2\/2 .* loss [\d.]+$/m);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none
    expect(run.stderr).not.toMatch(/[\r\x1b]/);
    expect(await listing(cwd)).toEqual(["雪の城-in-16-9-4.png"]);
    const first = await readFile(join(cwd, "雪の城-in-16-9-4.png"));
    const flagsFirst = ["--steps", "1", "--seed", "4", ...small, "雪の城 in 16:9"];
    expect((await cli(flagsFirst, { cwd })).code).toBe(0);
    expect(await listing(cwd)).toEqual(["雪の城-in-16-9-4-2.png", "雪の城-in-16-9-4.png"]);
    expect(await readFile(join(cwd, "雪の城-in-16-9-4.png"))).toEqual(first);
  }));

test("-n takes the next seeds, of 64 bits and exact; the start alone with --steps 0, which --like makes again", () =>
  inEmptyFolder(async (cwd) => {
    const largest = "18446744073709551615";
    const run = await cli(["a castle", "-n", "2", "--seed", largest, "--steps", "0", ...small], { cwd });
    expect(run.code, run.stderr).toBe(0);
    const names = ["a-castle-0.png", `a-castle-${largest}.png`];
    expect(await listing(cwd)).toEqual(names);
    const [after, first] = names.map((name) => join(cwd, name)) as [string, string];
    expect(await storyOf(first)).toMatchObject({ step: 0, settings: { seed: largest, steps: 0 } });
    expect(await storyOf(after)).toMatchObject({ settings: { seed: 0 } });
    expect(readPngText(await readFile(first)).parameters).toContain(`Seed: ${largest},`);
    const again = await cli(["generate", "--like", first, "-o", "again.png", "--quiet", ...tinyModels], { cwd });
    expect([again.code, again.stderr]).toEqual([0, ""]);
    expect(await readFile(join(cwd, "again.png"))).toEqual(await readFile(first));
    expect(await readFile(first)).not.toEqual(await readFile(after));
  }));

test("--prompts-file makes a picture for each line, with the prompts beside it, named after -o and the seed", () =>
  inEmptyFolder(async (cwd) => {
    const text = "\ufeffa castle\r\n\r\n# not this\r\nfog:0.5\r\n";
    await writeFile(join(cwd, "ideas.txt"), Buffer.from(text, "utf16le"));
    const args = ["oil", "--prompts-file", "ideas.txt", "--seed", "3", "--steps", "1", "-o", "out.png", ...small];
    const run = await cli(args, { cwd });
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toMatch(/1\/1 .* picture 1 of 2\n.*1\/1 .* picture 2 of 2\n/s);
    expect(await listing(cwd)).toEqual(["ideas.txt", "out-3-2.png", "out-3.png"]);
    expect((await storyOf(join(cwd, "out-3.png")))?.settings.prompts).toBe("a castle | oil");
    expect((await storyOf(join(cwd, "out-3-2.png")))?.settings.prompts).toBe("fog:0.5 | oil");
  }));

test("edits, resumed pictures, grids and their cells never take the name of a file that is there", () =>
  inEmptyFolder(async (cwd) => {
    const made = await cli(["fog", "--seed", "1", "--steps", "1", "-o", "a.png", "--save-state", "a.vqclip", ...small], { cwd }); // biome-ignore format: one command
    expect(made.code, made.stderr).toBe(0);
    const edit = ["edit", "a.png", "snow", "--seed", "1", "--steps", "1", "--cutouts", "2", ...tinyModels];
    const grid = ["grid", "fog", "--seeds", "1", "--steps", "1", "--pictures", ".", ...small];
    for (const args of [edit, edit, grid, grid, ["resume", "a.vqclip", ...tinyModels]]) {
      const run = await cli(args, { cwd });
      expect(run.code, run.stderr).toBe(0);
    }
    expect(await listing(cwd)).toEqual(
      ["a-2.png", "a-edited-2.png", "a-edited.png", "a.png", "a.vqclip", "fog-grid-2.png", "fog-grid.png", "seed-1-2.png", "seed-1.png"], // biome-ignore format: one list
    );
  }));

test("frames that no session goes on from are somebody's, and stay", () =>
  inEmptyFolder(async (cwd) => {
    expect((await cli(["fog", "--steps", "0", "-o", "a.png", ...small], { cwd })).code).toBe(0);
    await rename(join(cwd, "a.png"), join(cwd, "frame-00001.png"));
    const video = await cli(["video", "fog", "--frames", "1", "--frames-dir", ".", "-o", "v.webp", ...small], { cwd });
    expect(video.stderr).toMatch(/holds frame-00001.png and no session to go on from \(name another --frames-dir/);
    expect(video.code).toBe(2);
    expect(await listing(cwd)).toEqual(["frame-00001.png"]);
  }));
