/** `--plan` and `--max-memory` on the real command line. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { expect, test } from "vitest";
import { readPngText, readStory } from "../../src/index.js";
import { cli, inEmptyFolder, listing, tinyModels } from "../support/cli.js";

const run = promisify(execFile);

const request = ["generate", "a castle", "-s", "96", "-i", "1", "--cutouts", "2", "--seed", "1", ...tinyModels];

test("a plan tells memory and time and makes nothing", () =>
  inEmptyFolder(async (cwd) => {
    const told = await cli([...request, "--plan", "--json"], { cwd });
    const plan = JSON.parse(told.stdout.toString());
    expect(plan).toMatchObject({ type: "plan", size: [96, 96], cutouts: 2, microBatch: 2, recompute: false, steps: 1 });
    expect(plan.peakBytes).toBeGreaterThan(3e8);
    expect(plan.seconds).toBeGreaterThan(0);
    const lines = (await cli([...request, "--plan"], { cwd })).stdout.toString().split("\n");
    expect(lines[0]).toBe("96x96, 2 cutouts, micro-batches of 2");
    expect(lines[1]).toMatch(/^memory: about \d\.\d GB at its peak, \d+\.\d GB are free/);
    expect(await listing(cwd)).toEqual([]);
  }));

test("a limit is kept by other means and the same picture but for rounding, or refused with a size that fits", () =>
  inEmptyFolder(async (cwd) => {
    const plan = JSON.parse((await cli([...request, "--plan", "--json"], { cwd })).stdout.toString());
    const limit = `${Math.floor(plan.peakBytes / 1e6) - 100}MB`;
    const whole = await cli([...request, "-o", "whole.png"], { cwd });
    const made = await cli([...request, "-o", "limited.png", "--max-memory", limit], { cwd });
    expect([whole.code, made.code]).toEqual([0, 0]);
    const [a, b] = await Promise.all(["whole.png", "limited.png"].map((name) => readFile(join(cwd, name))));
    expect(readStory(readPngText(b as Buffer))?.settings).toMatchObject({ recompute: true });
    expect(await meanDifference(a as Buffer, b as Buffer)).toBeLessThan(0.5);
    const refused = await cli([...request, "-o", "no.png", "--max-memory", "320MB"], { cwd });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /^vqgan-clip: memory: .*0\.3 GB are allowed \(\d+x\d+ would fit, or allow .* GB\)\n$/,
    );
    const wrong = await cli([...request, "--max-memory", "lots"], { cwd });
    expect(wrong.stderr).toMatch(/expected a size such as 4GB or 800MB/);
    expect(await listing(cwd)).toEqual(["limited.png", "whole.png"]);
  }));

/** Of the levels (0..255) of two pictures. */
async function meanDifference(a: Buffer, b: Buffer): Promise<number> {
  const [one, other] = await Promise.all([sharp(a).raw().toBuffer(), sharp(b).raw().toBuffer()]);
  return one.reduce((sum, level, i) => sum + Math.abs(level - (other[i] as number)), 0) / one.length;
}

// Random weights: memory does not depend on the numbers. Other sizes, and pictures of 256 and 384 px, are in `npm run bench`.
test.each([
  { way: "as it is", options: [] },
  { way: "with little memory", options: ["--low-memory", "--recompute"] },
])("a step of published size, $way, takes what was foretold, within 15 %", async ({ options }) => {
  const args = [
    "--import",
    "tsx",
    "bench/step.ts",
    "--size",
    "128",
    "--cutouts",
    "4",
    "--threads",
    "1",
    "--repeat",
    "1",
  ];
  const { stdout } = await run(process.execPath, [...args, ...options]);
  const { peakMegabytes, predictedMegabytes } = JSON.parse(stdout);
  expect(Math.abs(peakMegabytes / predictedMegabytes - 1), stdout).toBeLessThan(0.15);
});
