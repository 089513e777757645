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
    /** All that lies within a drawn outline. */
    | { readonly kind: "area"; readonly points: readonly number[]; readonly colour: string }
    | { readonly kind: "rectangle"; readonly box: Box; readonly colour: string }
    /** A picture that was placed, or a mask that the service found: opaque where it may change. */
    | { readonly kind: "picture"; readonly picture: CanvasImageSource; readonly box: Box }
    /** What held nothing holds something, and the other way round. */
    | { readonly kind: "inverse" }
  );

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** As it is, and as it was before each thing done. */
export interface Strokes {
  readonly done: readonly Stroke[];
  readonly past: readonly (readonly Stroke[])[];
  readonly future: readonly (readonly Stroke[])[];
}

export const noStrokes: Strokes = { done: [], past: [], future: [] };

export type StrokeAction =
  | { readonly do: Stroke }
  /** The picture that was placed last comes to lie there. */
  | { readonly place: Box }
  | "undo"
  | "redo"
  | "clear";

export function reduceStrokes(strokes: Strokes, action: StrokeAction): Strokes {
  const { done, past, future } = strokes;
  const become = (next: readonly Stroke[]): Strokes => ({ done: next, past: [...past, done], future: [] });
  if (action === "undo") {
    const last = past.at(-1);
    return last ? { done: last, past: past.slice(0, -1), future: [...future, done] } : strokes;
  }
  if (action === "redo") {
    const next = future.at(-1);
    return next ? { done: next, past: [...past, done], future: future.slice(0, -1) } : strokes;
  }
  if (action === "clear") return done.length > 0 ? become([]) : strokes;
  if ("do" in action) return become([...done, action.do]);
  return placedIn(done) ? become(placedAt(done, action.place)) : strokes;
}

export const has = ({ done }: Pick<Strokes, "done">, layer: LayerName) =>
  done.some((stroke) => stroke.layer === layer && !stroke.erases);

const isPlaced = (stroke: Stroke) => stroke.kind === "picture" && stroke.layer === "paint";

/** Where the picture lies that was placed last. */
export function placedIn(done: readonly Stroke[]): Box | undefined {
  const placed = done.findLast(isPlaced);
  return placed?.kind === "picture" ? placed.box : undefined;
}

export function placedAt(done: readonly Stroke[], box: Box): Stroke[] {
  const at = done.findLastIndex(isPlaced);
  return done.map((stroke, i) => (i === at ? ({ ...stroke, box } as Stroke) : stroke));
}
