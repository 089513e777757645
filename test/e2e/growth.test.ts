/** LIVE's stages: a drawing of a picture that comes nearer to it with each, before a run's first step. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NDArray } from "../../src/core/ndarray.js";
import { Random } from "../../src/core/random.js";
import { grown } from "../../src/guidance/growth.js";
import { decodePicture } from "../../src/image/decode.js";
import { encodePng } from "../../src/image/png.js";
import type { Generator, Growth } from "../../src/models/generator.js";
import { strokesNamed } from "../../src/models/strokes/options.js";
import { strokes } from "../../src/models/strokes/strokes.js";
import { cli, inEmptyFolder } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";

const SIDE = 48;
/** A red disc and a blue bar on white. */
const picture = NDArray.float32(
  [3, SIDE, SIDE],
  Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
    const [channel, x, y] = [Math.floor(i / SIDE ** 2), i % SIDE, Math.floor((i % SIDE ** 2) / SIDE)];
    if (Math.hypot(x - 16, y - 16) < 11) return [0.9, 0.1, 0.1][channel] as number;
    return x > 30 && x < 42 && y > 8 && y < 40 ? ([0.1, 0.2, 0.8][channel] as number) : 1;
  }),
);

test.each([
  ["closed,segments=4", 3],
  ["triangle", 1.7],
] as const)("%s: each stage adds shapes where they are missing, and all follow", async (shape, fall) => {
  const generator = strokes(strokesNamed(`strokes:count=4,shape=${shape},stages=2,fit=40`));
  const { growth } = generator as Generator & { growth: Growth };
  const seen: NDArray[] = [];
  const watched: Growth = {
    ...growth,
    grow: (z, stage, drawn, wanted, random) => {
      seen.push(drawn);
      return growth.grow(z, stage, drawn, wanted, random);
    },
  };
  const z = await grown(generator, watched, picture, new Random(1), { threads: 1 });
  const last: NDArray[] = [];
  const look = {
    ...growth,
    stages: 1,
    steps: 0,
    begin: () => z,
    grow: (same: NDArray, _: number, drawn: NDArray) => {
      last.push(drawn);
      return same;
    },
  };
  await grown(generator, look, picture, new Random(1), { threads: 1 });
  const errors = [...seen, ...last].map(
    (drawn) => drawn.floats().reduce((sum, value, i) => sum + (value - picture.at(i)) ** 2, 0) / picture.size,
  );
  expect(errors).toHaveLength(3);
  const [none, one, two] = errors as [number, number, number];
  expect(Math.min(...(seen[0] as NDArray).floats())).toBe(1); // the paper
  expect(one).toBeLessThan(none / fall);
  expect(two).toBeLessThan(one / 1.3);
  expect(await grown(generator, growth, picture, new Random(1), { threads: 1 })).toEqual(z);
});

test("--init-image: the drawing grows before the first step, which is told; words alone have nothing to grow to", () =>
  inEmptyFolder(async (cwd) => {
    await writeFile(join(cwd, "a.png"), encodePng(picture));
    const generator = ["--generator", "strokes:count=4,segments=4,shape=closed,stages=2,fit=5"];
    const small = ["-i", "0", "--size", "48", "--seed", "1", "--clip", fixturePath("clip-gelu"), "--threads", "1"];
    const grew = await cli(
      ["generate", "a sign", "--init-image", "a.png", ...generator, ...small, "-o", "b.png", "--svg", "b.svg"],
      { cwd },
    );
    expect(grew.code, grew.stderr).toBe(0);
    expect(grew.stderr).toContain("grows in 2 stages of 5 steps");
    const svg = await readFile(join(cwd, "b.svg"), "utf8");
    expect(svg.match(/<path /g)).toHaveLength(4);
    const drawn = await decodePicture(await readFile(join(cwd, "b.png")));
    const [red, , blue] = [0, 1, 2].map((channel) => drawn.at(channel * SIDE * SIDE + 16 * SIDE + 16)) as [
      number,
      number,
      number,
    ];
    expect(red - blue).toBeGreaterThan(0.5); // the disc is there
    const words = await cli(["generate", "a sign", ...generator, ...small, "-o", "c.png"], { cwd });
    expect(words.code, words.stderr).toBe(0);
    expect(words.stderr).not.toContain("grows");
  }));
