/** Painting as plain functions: what can be undone, what a gesture makes, which keys there are. */
import { describe, expect, test } from "vitest";
import { type Brush, changed, dragged, fitted, resized, scaled, strokeOf } from "../../studio/src/paint/brush.js";
import { paintKey } from "../../studio/src/paint/keys.js";
import { has, noStrokes, placedIn, reduceStrokes, type Stroke } from "../../studio/src/paint/strokes.js";

const brush: Brush = { layer: "paint", tool: "brush", size: 8, colour: "#123456" };
const line = strokeOf([[1, 2]], brush);
const placed: Stroke = {
  layer: "paint",
  kind: "picture",
  erases: false,
  picture: {} as CanvasImageSource,
  box: { x: 0, y: 0, width: 10, height: 10 },
};

describe("strokes", () => {
  test("everything can be undone and done again, clearing and moving too", () => {
    const box = { x: 5, y: 6, width: 20, height: 20 };
    const states = [noStrokes];
    for (const action of [{ do: line }, { do: placed }, { place: box }, "clear"] as const)
      states.push(reduceStrokes(states.at(-1) ?? noStrokes, action));
    expect(states.map(({ done }) => done.length)).toEqual([0, 1, 2, 2, 0]);
    const back = reduceStrokes(states.at(-1) ?? noStrokes, "undo");
    expect(placedIn(back.done)).toEqual(box);
    expect(placedIn(reduceStrokes(back, "undo").done)).toEqual(placed.kind === "picture" && placed.box);
    expect(reduceStrokes(back, "redo").done).toEqual([]);
    expect(reduceStrokes(noStrokes, "undo")).toBe(noStrokes);
    expect(reduceStrokes(noStrokes, { place: box })).toBe(noStrokes);
  });

  test("an inverted mask is one; what only erases is none", () => {
    expect(has({ done: [{ layer: "mask", kind: "inverse", erases: false }] }, "mask")).toBe(true);
    expect(has({ done: [strokeOf([[1, 1]], { ...brush, layer: "mask", tool: "eraser" })] }, "mask")).toBe(false);
  });
});

describe("gestures", () => {
  test("each tool makes its stroke", () => {
    const points = [
      [4, 4],
      [9, 2],
      [1, 8],
    ] as const;
    const of = (tool: Brush["tool"]) => strokeOf(points, { ...brush, tool });
    expect(of("brush")).toMatchObject({ kind: "line", erases: false, points: points.flat(), width: 8 });
    expect(of("eraser")).toMatchObject({ kind: "line", erases: true });
    expect(of("lasso")).toMatchObject({ kind: "area", points: points.flat(), colour: "#123456" });
    expect(of("rectangle")).toMatchObject({ kind: "rectangle", box: { x: 1, y: 4, width: 3, height: 4 } });
  });

  test("the mask has no tools of the paint layer", () => {
    const moving = changed(brush, { tool: "move" });
    expect(moving).toMatchObject({ layer: "paint", tool: "move" });
    const mask = changed(moving, { layer: "mask" });
    expect(mask).toMatchObject({ layer: "mask", tool: "brush" });
    expect(changed(mask, { tool: "pick" })).toMatchObject({ layer: "paint", tool: "pick" });
    expect(changed(mask, { tool: "lasso" })).toMatchObject({ layer: "mask", tool: "lasso" });
  });

  test("a picture is placed whole, in the middle, and never enlarged", () => {
    expect(fitted({ width: 400, height: 200 }, 100, 100)).toEqual({ x: 0, y: 25, width: 100, height: 50 });
    expect(fitted({ width: 10, height: 20 }, 100, 100)).toEqual({ x: 45, y: 40, width: 10, height: 20 });
  });

  test("dragged in its middle it moves; by a corner it grows, and the corner opposite stays", () => {
    const box = { x: 10, y: 10, width: 40, height: 20 };
    expect(dragged(box, [30, 20], [35, 18], 4)).toEqual({ x: 15, y: 8, width: 40, height: 20 });
    expect(dragged(box, [50, 30], [90, 50], 4)).toEqual({ x: 10, y: 10, width: 80, height: 40 });
    expect(dragged(box, [10, 10], [30, 20], 4)).toEqual({ x: 30, y: 20, width: 20, height: 10 });
    const tiny = dragged(box, [50, 30], [10, 10], 4);
    expect([tiny.width, tiny.height]).toEqual([8, 4]);
    expect(scaled(box, 2)).toEqual({ x: -10, y: 0, width: 80, height: 40 });
  });

  test("the size of a brush moves at both ends, and stays within them", () => {
    expect([resized(1, 1.25), resized(1, 0.8), resized(128, 1.25), resized(2, 0.8)]).toEqual([2, 1, 128, 1]);
  });
});

test("the keys of painting, and those that are left to others", () => {
  const press = (key: string, held: object = {}) =>
    paintKey({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });
  const toolOf = (key: string) => press(key) as { tool?: string } | undefined;
  expect(["v", "b", "e", "l", "r", "i"].map((key) => toolOf(key)?.tool)).toEqual([
    "move",
    "brush",
    "eraser",
    "lasso",
    "rectangle",
    "pick",
  ]);
  expect([press("m"), press("I", { shiftKey: true })]).toEqual(["layer", "invert"]);
  expect([press("z", { ctrlKey: true }), press("Z", { metaKey: true, shiftKey: true })]).toEqual(["undo", "redo"]);
  expect([press("b", { ctrlKey: true }), press("e", { altKey: true }), press("x")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
