/** The tools, and what a movement of one of them makes: a stroke, or another place for a placed picture. */
import type { Box, LayerName, Stroke } from "./strokes.js";

export type Tool = "move" | "brush" | "eraser" | "lasso" | "rectangle" | "pick";

export interface Brush {
  readonly layer: LayerName;
  readonly tool: Tool;
  /** Diameter in pixels of the picture. */
  readonly size: number;
  readonly colour: string;
}

export type Point = readonly [x: number, y: number];

/** Smallest and largest diameter. */
export const sizes = [1, 128] as const;
/** Smallest side of a placed picture in pixels. */
const LEAST_SIDE = 4;

/** Another layer, tool, size or colour; a mask is not made by moving pictures or taking colours. */
export function changed(brush: Brush, changes: Partial<Brush>): Brush {
  const next = { ...brush, ...changes };
  const isOfPaint = next.tool === "move" || next.tool === "pick";
  if (next.layer === "paint" || !isOfPaint) return next;
  return changes.tool === undefined ? { ...next, tool: "brush" } : { ...next, layer: "paint" };
}

/** The stroke of a brush, an eraser, a lasso or a rectangle that went over these points. */
export function strokeOf(points: readonly Point[], { layer, tool, size, colour }: Brush): Stroke {
  const first = points[0] ?? [0, 0];
  if (tool === "rectangle")
    return { layer, kind: "rectangle", erases: false, box: boxOf(first, points.at(-1) ?? first), colour };
  if (tool === "lasso") return { layer, kind: "area", erases: false, points: points.flat(), colour };
  return { layer, kind: "line", erases: tool === "eraser", points: points.flat(), width: size, colour };
}

/** Two corners as a box. */
export function boxOf([x0, y0]: Point, [x1, y1]: Point): Box {
  return { x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) };
}

/** The largest box of a picture's shape that fits into the middle of another picture; it is never enlarged. */
export function fitted(picture: { width: number; height: number }, width: number, height: number): Box {
  const scale = Math.min(1, width / picture.width, height / picture.height);
  const [w, h] = [picture.width * scale, picture.height * scale];
  return { x: (width - w) / 2, y: (height - h) / 2, width: w, height: h };
}

/** Larger or smaller about its middle; it keeps its shape. */
export function scaled(box: Box, factor: number): Box {
  const by = Math.max(factor, LEAST_SIDE / Math.min(box.width, box.height));
  const [width, height] = [box.width * by, box.height * by];
  return { x: box.x + (box.width - width) / 2, y: box.y + (box.height - height) / 2, width, height };
}

/**
 * A box that was dragged: by a corner it changes its size, the corner opposite stays; elsewhere it moves.
 *
 * @param reach how near to a corner counts, in pixels of the picture
 */
export function dragged(box: Box, from: Point, to: Point, reach: number): Box {
  const { x, y, width, height } = box;
  for (const [cx, cy] of [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ] as const) {
    if (Math.hypot(from[0] - (x + cx * width), from[1] - (y + cy * height)) > reach) continue;
    const [fixedX, fixedY] = [x + (1 - cx) * width, y + (1 - cy) * height];
    const least = LEAST_SIDE / Math.min(width, height);
    const by = Math.max(least, Math.abs(to[0] - fixedX) / width, Math.abs(to[1] - fixedY) / height);
    const [w, h] = [width * by, height * by];
    return { x: cx === 1 ? fixedX : fixedX - w, y: cy === 1 ? fixedY : fixedY - h, width: w, height: h };
  }
  return { ...box, x: x + to[0] - from[0], y: y + to[1] - from[1] };
}

/** The next size of a brush. */
export function resized(size: number, factor: number): number {
  const next = Math.round(size * factor);
  const moved = next === size ? size + Math.sign(factor - 1) : next;
  return Math.min(sizes[1], Math.max(sizes[0], moved));
}
