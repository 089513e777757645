import { describe, expect, test } from "vitest";
import { gradcheck, over } from "../../test/gradients/gradcheck.js";
import { NDArray } from "../core/ndarray.js";
import { input } from "../graph/tensor.js";
import { evaluate } from "../runtime/reference/evaluate.js";
import { latentLoss } from "./losses.js";
import { parsePictureRegularizers } from "./picture-regularizer-list.js";
import { type PictureRegularizer, pictureLosses } from "./picture-regularizers.js";

const colours = ["#ff0000", "#20a040", "#0000ff"];
const regularizers: readonly PictureRegularizer[] = [
  { kind: "tv", weight: 1 },
  { kind: "smoothness", weight: 1 },
  { kind: "symmetry", weight: 1, mirror: "left-right" },
  { kind: "symmetry", weight: 1, mirror: "top-bottom" },
  { kind: "symmetry", weight: 1, mirror: "both" },
  { kind: "saturation", weight: 1 },
  { kind: "palette", weight: 1, colours },
  { kind: "border", weight: 1, colour: "#20a040", width: 30 },
];

describe("derivatives agree with central differences", () => {
  test.each(regularizers)("$kind $mirror", (regularizer) => {
    const draw = { draw: (random: { uniform: () => number }) => random.uniform() };
    expect(gradcheck(over(regularizer.kind, [1, 3, 4, 5])((x) => pictureLosses(x, [regularizer]), draw))).toBeLessThan(
      2e-6,
    );
  });

  test("the latent's", () => {
    expect(gradcheck(over("latent", [1, 3, 2, 2], [1, 3, 2, 2])(latentLoss))).toBeLessThan(2e-6);
  });
});

/** The loss of a picture whose pixels are given row by row. */
function lossOf(regularizer: PictureRegularizer, rows: readonly (readonly number[])[][]): number {
  const [height, width] = [rows.length, rows[0]?.length as number];
  const pixels = rows.flat();
  const planes = [0, 1, 2].flatMap((channel) => pixels.map((pixel) => pixel[channel] as number));
  const x = input("x", "float32", [1, 3, height, width]);
  const [result] = evaluate([pictureLosses(x, [regularizer])], {
    x: NDArray.float32([1, 3, height, width], planes),
  }) as [NDArray];
  return result.at(0);
}

const [black, white, red, green, grey] = [[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0.5, 0.5, 0.5]] as const; // biome-ignore format: one line
const of = (kind: "tv" | "smoothness" | "saturation") => ({ kind, weight: 1 }) as const;

test("total variation counts a ramp as its ends, smoothness less the longer it is", () => {
  const [step, ramp] = [[[...black], [...white], [...white]], [[...black], [...grey], [...white]]]; // biome-ignore format: one line
  const twice = (row: readonly (readonly number[])[]) => [[...row], [...row]];
  expect(lossOf(of("tv"), twice(step ?? []))).toBeCloseTo(0.5, 6);
  expect(lossOf(of("tv"), twice(ramp ?? []))).toBeCloseTo(0.5, 6);
  expect(lossOf(of("smoothness"), twice(step ?? []))).toBeCloseTo(0.5, 6);
  expect(lossOf(of("smoothness"), twice(ramp ?? []))).toBeCloseTo(0.25, 6);
});

test("symmetry is nothing for a picture that is its own mirror image", () => {
  const rows = [
    [black, white, black],
    [red, green, red],
  ].map((row) => row.map((pixel) => [...pixel]));
  const symmetry = (mirror: "left-right" | "top-bottom" | "both") =>
    lossOf({ kind: "symmetry", weight: 1, mirror }, rows);
  expect(symmetry("left-right")).toBe(0);
  expect(symmetry("top-bottom")).toBeCloseTo(4 / 9, 6); // 1/3, 2/3 and 1/3 of the three columns
  expect(symmetry("both")).toBeCloseTo(2 / 9, 6);
});

test("saturation is minus the colourfulness: 0 for grey", () => {
  expect(lossOf(of("saturation"), [[[...black], [...white]]])).toBeCloseTo(0, 3);
  // rg = 1, -1 and yb = .5, .5: sqrt(1) + .3 * .5
  expect(lossOf(of("saturation"), [[[...red], [...green]]])).toBeCloseTo(-1.15, 3);
});

test("palette is the squared distance to the nearest colour", () => {
  const palette = { kind: "palette", weight: 1, colours: ["#ff0000", "#000000"] } as const;
  expect(lossOf({ ...palette, colours: [...palette.colours] }, [[[...red], [...black]]])).toBeCloseTo(0, 6);
  expect(lossOf({ ...palette, colours: [...palette.colours] }, [[[...green], [0.9, 0.1, 0]]])).toBeCloseTo(
    (1 + 0.02) / 6,
    6,
  );
});

test("border is the squared distance of the margin to its colour, whatever is within", () => {
  const rim = (inner: readonly number[], outer: readonly number[]) =>
    Array.from({ length: 4 }, (_, y) =>
      Array.from({ length: 5 }, (_, x) => [...(y % 3 === 0 || x % 4 === 0 ? outer : inner)]),
    );
  const border = { kind: "border", weight: 1, colour: "#ffffff", width: 5 } as const; // a fifth of a pixel: one
  expect(lossOf(border, rim(black, white))).toBe(0);
  expect(lossOf(border, rim(white, red))).toBeCloseTo(2 / 3, 6);
  expect(lossOf({ ...border, width: 50 }, rim(black, white))).toBeCloseTo(6 / 20, 6); // all of it: 6 are black
});

test("lists as people write them", () => {
  expect(parsePictureRegularizers("none")).toEqual([]);
  expect(parsePictureRegularizers("tv:0.1, saturation:-2, symmetry:0.5, symmetry:1:mirror=both")).toEqual([
    { kind: "tv", weight: 0.1 },
    { kind: "saturation", weight: -2 },
    { kind: "symmetry", weight: 0.5, mirror: "left-right" },
    { kind: "symmetry", weight: 1, mirror: "both" },
  ]);
  expect(parsePictureRegularizers("border:1, border:2:336699:10, border:1:12e003")).toEqual([
    { kind: "border", weight: 1, colour: "#ffffff", width: 5 },
    { kind: "border", weight: 2, colour: "#336699", width: 10 },
    { kind: "border", weight: 1, colour: "#12e003", width: 5 },
  ]);
  expect(parsePictureRegularizers("palette:0.2->0:FF0000+#00ff00")).toEqual([
    { kind: "palette", weight: "0.2->0", colours: ["#ff0000", "#00ff00"] },
  ]);
});

test("losses of one's own are told by name", () => {
  expect(parsePictureRegularizers("own:0.5:rings")).toEqual([{ kind: "own", weight: 0.5, name: "rings" }]);
});

test.each([
  ["own:1:../x", "letters, digits"],
  ["blur:1", '"blur" is no regulariser of the picture'],
  ["tv", '"tv": weight'],
  ["tv:0", "weight of 0 does nothing"],
  ["tv:much", '"much" in "tv:much" is no value of tv'],
  ["symmetry:1:up", "is no value of symmetry"],
  ["palette:1:red", "expected colours such as ff8000"],
  ["palette:1", "colours"],
  ["border:1:white", "expected colours such as ff8000"],
  ["border:1:ffffff:80", "is no value of border"],
])("%s is refused", (text, message) => {
  expect(() => parsePictureRegularizers(text)).toThrow(message);
});
