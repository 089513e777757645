/** Drawings of strokes: against torch, against differences, and against what a viewer of SVG draws. */
import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { NDArray } from "../../src/core/ndarray.js";
import { Random } from "../../src/core/random.js";
import { sizeOf } from "../../src/core/shape.js";
import { input, type Tensor } from "../../src/graph/tensor.js";
import { svgOf } from "../../src/models/generator.js";
import type { StrokesOptions } from "../../src/models/strokes/options.js";
import { strokes } from "../../src/models/strokes/strokes.js";
import { compile } from "../../src/runtime/program.js";
import { evaluate } from "../../src/runtime/reference/evaluate.js";
import { fixture, fixturePath, largestError, relativeError } from "../support/fixtures.js";

const WHITE = [1, 1, 1];

/** The program of a drawing's picture, -1..1, and the gradient of its sum with `ct`. */
function programOf(options: StrokesOptions, [width, height]: readonly [number, number]) {
  const generator = strokes(options);
  const z = input("z", "float32", generator.latentShape([height, width]));
  const picture = generator.decode(z, { size: [width, height] });
  const [gradient] = grad(picture, [z], input("ct", "float32", picture.shape)) as [Tensor];
  return { generator, z, picture, gradient };
}

/** The latent of strokes given as x, y of points, width, r, g, b, opacity on a canvas of 224 pixels. */
function latentOf(rows: readonly (readonly number[])[]): NDArray {
  const length = rows[0]?.length as number;
  const unit = (i: number) => (i < length - 5 ? 1 : i === length - 5 ? 0.2 : 0.01);
  return NDArray.float32(
    [1, rows.length, length],
    rows.flatMap((row) => row.map((value, i) => value / unit(i))),
  );
}

test("picture and gradient agree with torch's", async () => {
  const { size, options } = JSON.parse(await readFile(fixturePath("strokes/strokes.json"), "utf8"));
  const reference = await fixture("strokes/strokes.safetensors");
  const { picture, gradient } = programOf(options, size);
  const half = NDArray.float32(
    picture.shape,
    reference("cotangent")
      .floats()
      .map((value) => value / 2),
  );
  const program = await compile({ picture, gradient }, { threads: 1 });
  const made = await program.run({ z: reference("z"), ct: half });
  await program.dispose();
  const halved = NDArray.float32(
    picture.shape,
    made.picture.floats().map((value) => (value + 1) / 2),
  );
  expect(largestError(halved, reference("picture"))).toBeLessThan(2e-3);
  expect(relativeError(made.gradient, reference("gradient"))).toBeLessThan(5e-3);
});

test.each([
  ["lines", { count: 2, segments: 1, width: 8 }],
  ["closed shapes", { count: 2, segments: 2, shape: "closed" }],
  ["triangles", { count: 2, shape: "triangle" }],
] as const)("the gradient of %s is that of central differences", (_, options) => {
  const size = [10, 9] as const;
  const { generator, z, picture, gradient } = programOf(options, size);
  const start = generator.first?.([size[1], size[0]], new Random(4)) as NDArray;
  const numbers = Array.from(start.floats());
  const per = z.shape[2] as number;
  const shades = per - 4;
  for (const stroke of [0, 1]) {
    for (let i = 0; i < shades; i++) {
      const k = stroke * per + i;
      if (i === 8 && !("shape" in options))
        numbers[k] = (numbers[k] as number) * 2.5; // a width within its bounds
      else if ("shape" in options) numbers[k] = (numbers[k] as number) + 15 * Math.sin(7 * k); // no longer round
    }
  }
  const ct = NDArray.float32(picture.shape, new Random(5).normals(sizeOf(picture.shape)));
  const at = (values: readonly number[]) => ({ z: new NDArray("float64", z.shape, Float64Array.from(values)), ct });
  const value = (values: readonly number[]) => {
    const [made] = evaluate([picture], at(values)) as [NDArray];
    return Array.from({ length: made.size }, (_, i) => made.at(i) * ct.at(i)).reduce((total, part) => total + part, 0);
  };
  const [exact] = evaluate([gradient], at(numbers)) as [NDArray];
  const differences = numbers.map((number, i) => {
    const step = 1e-4 * (i % per >= shades ? 10 : 1);
    const moved = (by: number) => value(numbers.with(i, number + by));
    return (moved(step) - moved(-step)) / (2 * step);
  });
  expect(relativeError(exact, new NDArray("float64", z.shape, Float64Array.from(differences)))).toBeLessThan(0.01);
});

describe("a viewer of SVG draws the same", () => {
  test.each([
    ["lines as they start", "line", 1, 1],
    ["lines all over the canvas", "line", 6, 1],
    ["lines as they start, four times as large", "line", 1, 4],
    ["lines all over the canvas, four times as large", "line", 6, 4],
    ["closed shapes as they start", "closed", 0, 1],
    ["closed shapes all over the canvas that cross themselves", "closed", 4, 1],
    ["closed shapes as they start, four times as large", "closed", 0, 4],
    ["closed shapes all over the canvas that cross themselves, four times as large", "closed", 4, 4],
    ["triangles", "triangle", 0, 1],
    ["triangles all over the canvas", "triangle", 4, 1],
    ["triangles, four times as large", "triangle", 0, 4],
    ["triangles all over the canvas, four times as large", "triangle", 4, 4],
  ] as const)("%s", async (_, shape, stretch, scale) => {
    const side = 48;
    const { generator, picture } = programOf({ count: 16, width: 1.6, paper: "f2eecb", shape }, [
      side * scale,
      side * scale,
    ]);
    const program = await compile({ picture }, { threads: 1 });
    for (const seed of [9, 10, 11]) {
      const latent = generator.first?.([side, side], new Random(seed)) as NDArray;
      if (shape !== "line") tangleShapes(latent, stretch, new Random(seed));
      else stretchStrokes(latent, stretch, new Random(seed));
      const made = await program.run({ z: latent });
      const drawn = await viewed(svgOf(generator, "test")(latent, [side, side], "a <b>"), scale);
      expect(decibels(made.picture, drawn, side * scale)).toBeGreaterThan(38);
    }
    await program.dispose();
  });
});

/** What librsvg draws: r, g, b of each pixel. */
async function viewed(svg: string, scale: number): Promise<Buffer> {
  return sharp(Buffer.from(svg), { density: 72 * scale })
    .removeAlpha()
    .raw()
    .toBuffer();
}

/** Peak signal-to-noise ratio. @param picture [1,3,side,side] in -1..1 */
function decibels(picture: NDArray, drawn: Buffer, side: number): number {
  expect(drawn.length).toBe(picture.size);
  const area = side * side;
  const level = (i: number) => (picture.at((i % 3) * area + Math.floor(i / 3)) + 1) / 2;
  const squares = drawn.reduce((sum, byte, i) => sum + (level(i) - byte / 255) ** 2, 0);
  return -10 * Math.log10(squares / drawn.length);
}

/** Every stroke so many times as long, and up to ten times as wide. */
function stretchStrokes(latent: NDArray, factor: number, random: Random): void {
  const [, count, length] = latent.shape as [number, number, number];
  const values = latent.floats();
  for (let n = 0; n < count; n++) {
    const stroke = values.subarray(n * length, (n + 1) * length);
    for (let i = 2; i < length - 5; i++) {
      const first = stroke[i % 2] as number;
      stroke[i] = first + factor * ((stroke[i] as number) - first);
    }
    stroke[length - 5] = (stroke[length - 5] as number) * random.uniform(1, 10);
  }
}

/** Every shape's points moved by up to so many tenths of the canvas. */
function tangleShapes(latent: NDArray, tenths: number, random: Random): void {
  const [, count, length] = latent.shape as [number, number, number];
  const values = latent.floats();
  for (let i = 0; i < count * length; i++) {
    if (i % length < length - 4) values[i] = (values[i] as number) + random.uniform(-22.4, 22.4) * tenths;
  }
}

test("the last stroke lies on top; what is opaque hides, what is clear shows nothing", () => {
  const across = [0, 112, 70, 112, 150, 112, 224, 112];
  const [red, blue] = [
    [1, 0, 0],
    [0, 0, 1],
  ] as const;
  const middle = (rows: readonly (readonly number[])[]) => {
    const { picture } = programOf({ count: rows.length, segments: 1 }, [16, 16]);
    const [made] = evaluate([picture], { z: latentOf(rows) }) as [NDArray];
    return [0, 1, 2].map((channel) => (made.at(channel * 256 + 8 * 16 + 8) + 1) / 2);
  };
  const close = (found: readonly number[], wanted: readonly number[]) => {
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(wanted[i] as number, 4);
  };
  const [under, over] = [
    [...across, 90, ...red, 1],
    [...across, 90, ...blue, 1],
  ];
  close(middle([under, over]), blue);
  close(middle([over, under]), red);
  close(middle([under, over.with(-1, 0)]), red);
  close(middle([under, over.with(-1, 0.25)]), [0.75, 0, 0.25]);
  close(middle([under.with(-1, 0), over.with(-1, 0)]), WHITE);
});

test("a stroke whose points are all one is a dot with a finite gradient", () => {
  const dot = [...Array(14)].map(() => 112);
  const { picture, gradient } = programOf({ count: 1 }, [17, 17]);
  const ct = NDArray.float32(picture.shape, new Float32Array(sizeOf(picture.shape)).fill(1));
  const [made, dz] = evaluate([picture, gradient], { z: latentOf([[...dot, 60, 0, 0, 0, 1]]), ct }) as [
    NDArray,
    NDArray,
  ];
  expect([made.at(8 * 17 + 8), made.at(0)].map((value) => Math.round(value * 1e4) / 1e4)).toEqual([-1, 1]);
  expect(dz.floats().every(Number.isFinite)).toBe(true);
  expect(dz.at(14)).toBeLessThan(0); // a wider one is darker
});

test("ink and opacity leave their numbers out of the latent, and every stroke has the ink", () => {
  const shapeOf = (options: StrokesOptions) => strokes(options).latentShape([32, 32]);
  expect(shapeOf({ count: 3, segments: 2 })).toEqual([1, 3, 14 + 1 + 3 + 1]);
  expect(shapeOf({ count: 3, segments: 2, ink: "black" })).toEqual([1, 3, 14 + 1 + 1]);
  expect(shapeOf({ count: 3, segments: 1, ink: "204060", opacity: "off" })).toEqual([1, 3, 8 + 1]);
  const { generator, picture } = programOf({ count: 3, ink: "204060", opacity: "off", width: 30 }, [24, 24]);
  const latent = generator.first?.([24, 24], new Random(2)) as NDArray;
  const [made] = evaluate([picture], { z: latent }) as [NDArray];
  const darkest = [0, 1, 2].map((channel) => Math.min(...made.floats().subarray(channel * 576, (channel + 1) * 576)));
  for (const [i, value] of darkest.entries()) expect((value + 1) / 2).toBeCloseTo((0x20 * (i + 1)) / 255, 4);
  expect(svgOf(generator, "test")(latent, [24, 24], "")).toMatch(
    /fill="none" stroke="#204060" stroke-width="[\d.]+"\/>/,
  );
  expect(shapeOf({ count: 3, segments: 2, shape: "closed" })).toEqual([1, 3, 12 + 3 + 1]);
});

describe("shapes begin on a picture", () => {
  const side = 48;
  /** A dark red disc of radius 15 on pale blue. */
  const disc = NDArray.float32(
    [3, side, side],
    Float32Array.from({ length: 3 * side * side }, (_, i) => {
      const [x, y] = [i % side, Math.floor(i / side) % side];
      const channel = Math.floor(i / (side * side));
      return (Math.hypot(x - 23.5, y - 20) < 15 ? [0.5, 0, 0] : [0.8, 0.9, 1])[channel] as number;
    }),
  );
  const target = NDArray.float32(
    [1, 3, side, side],
    disc.floats().map((value) => 2 * value - 1),
  );
  const begun = async (options: StrokesOptions) => {
    const generator = strokes(options);
    const latent = generator.firstOf?.(disc, new Random(1)) as NDArray;
    expect(latent.shape).toEqual(generator.latentShape([side, side]));
    const drawing = svgOf(generator, "test")(latent, [side, side], "");
    return { paths: drawing.match(/<path [^>]*/g) as string[], near: decibels(target, await viewed(drawing, 1), side) };
  };

  test.each([
    ["closed", 20, 0.9],
    ["triangle", 8, 0.9],
  ] as const)("%s: as its regions, in their colours, the rest as spots", async (shape, least, opacity) => {
    const { paths, near } = await begun({ count: 5, segments: 4, shape });
    expect(near).toBeGreaterThan(least);
    expect(paths).toHaveLength(5);
    expect(paths[0]).toContain(`fill="#cce6ff" fill-opacity="${opacity}"`);
    expect(paths[1]).toContain('fill="#800000"');
  });

  test("with one ink, as those that are nearer to it than to the paper", async () => {
    const { paths, near } = await begun({
      count: 2,
      segments: 4,
      shape: "closed",
      ink: "800000",
      opacity: "off",
      paper: "cce6ff",
    });
    expect(paths).toHaveLength(2);
    expect(near).toBeGreaterThan(20);
  });
});
