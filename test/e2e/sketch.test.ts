/** A sketch of a picture: strokes that begin along its edges and come to look like it. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encodePng } from "../../src/image/png.js";
import { NDArray, VqganClip } from "../../src/index.js";
import { cli, inEmptyFolder } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";

const SIDE = 32;
/** A dark disc on light paper. */
const disc = NDArray.float32(
  [3, SIDE, SIDE],
  Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
    const [x, y] = [i % SIDE, Math.floor((i % (SIDE * SIDE)) / SIDE)];
    return Math.hypot(x - 16, y - 16) < 10 ? 0.1 : 0.95;
  }),
);
const clip = fixturePath("clip-gelu");
const generator = "strokes:count=6,segments=1,ink=black,opacity=off,width=4";

test("strokes begin along edges, and the sketch comes nearer to its picture in inner layers", async () => {
  const vq = await VqganClip.fromPretrained({ generator, clip, threads: 1 });
  const run = await vq.edit({ image: disc, prompts: "rain:0.01", preset: "sketch", steps: 12, seed: 2, cutouts: 2 });
  const begun = await run.render();
  let [onEdge, elsewhere] = [0, 0];
  for (let i = 0; i < SIDE * SIDE; i++) {
    if (begun.at(i) > 0.5) continue;
    const off = Math.abs(Math.hypot((i % SIDE) - 15.5, Math.floor(i / SIDE) - 15.5) - 10);
    if (off < 4) onEdge++;
    else elsewhere++;
  }
  expect(onEdge).toBeGreaterThan(20);
  expect(elsewhere).toBeLessThan(onEdge / 4);
  const kept: number[] = [];
  for await (const { losses } of run) kept.push(losses.perceptual);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(kept.slice(-4))).toBeLessThan(mean(kept.slice(0, 4)));
  await run.dispose();
  await vq.dispose();
});

test("from the command line, as SVG too; a run may begin at a picture", () =>
  inEmptyFolder(async (cwd) => {
    await writeFile(join(cwd, "disc.png"), encodePng(disc));
    const models = ["--generator", generator, "--clip", clip, "--threads", "1"];
    const made = await cli(
      ["edit", "disc.png", "rain:0.01", "--preset", "sketch", "-i", "2", "--seed", "1", "--svg", "a.svg", ...models],
      { cwd },
    );
    expect(made.code, made.stderr).toBe(0);
    expect((await readFile(join(cwd, "a.svg"), "utf8")).match(/<path /g)).toHaveLength(6);
    const again = await cli(
      ["generate", "rain", "--init-image", "disc.png", "-s", "32x32", "-i", "0", "-o", "b.png", ...models],
      { cwd },
    );
    expect(again.code, again.stderr).toBe(0);
  }));
