/** What was painted, as a list that can be undone; in pixels of the run's picture. */

export type LayerName = "paint" | "mask";

interface Common {
  readonly layer: LayerName;
  /** Takes away instead of adding. */
  readonly erases: boolean;
}
export type Stroke = Common &
  (
    | {
        readonly kind: "line";
        /** x, y, x, y, ... */
        readonly points: readonly number[];
        readonly width: number;
        readonly colour: string;
      }
    | { readonly kind: "rectangle"; readonly box: Box; readonly colour: string }
    /** A mask that the service found, with the picture's size: opaque where it may change. */
    | { readonly kind: "found"; readonly picture: HTMLCanvasElement }
  );

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Strokes {
  readonly done: readonly Stroke[];
  readonly undone: readonly Stroke[];
}

export const noStrokes: Strokes = { done: [], undone: [] };

export type StrokeAction = { readonly do: Stroke } | "undo" | "redo" | "clear";

export function reduceStrokes({ done, undone }: Strokes, action: StrokeAction): Strokes {
  if (action === "clear") return noStrokes;
  if (action === "undo") {
    const last = done.at(-1);
    return last ? { done: done.slice(0, -1), undone: [...undone, last] } : { done, undone };
  }
  if (action === "redo") {
    const next = undone.at(-1);
    return next ? { done: [...done, next], undone: undone.slice(0, -1) } : { done, undone };
  }
  return { done: [...done, action.do], undone: [] };
}

export const has = ({ done }: Strokes, layer: LayerName) =>
  done.some((stroke) => stroke.layer === layer && !stroke.erases);

/** Two corners as a box within the picture. */
export function boxOf([x0, y0]: readonly [number, number], [x1, y1]: readonly [number, number]): Box {
  return { x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) };
}
