/** What is painted on a session's picture: it stays while somebody looks elsewhere. */
import { useCallback } from "react";
import { get, set, useStudio } from "../state/store.js";
import { noStrokes, reduceStrokes, type StrokeAction, type Strokes } from "./strokes.js";

/** @param id of the session */
export function useStrokes(id: string): readonly [Strokes, (action: StrokeAction) => void] {
  const strokes = useStudio(({ painted }) => painted[id] ?? noStrokes);
  const dispatch = useCallback(
    (action: StrokeAction) =>
      set(({ painted }) => ({ painted: { ...painted, [id]: reduceStrokes(painted[id] ?? noStrokes, action) } })),
    [id],
  );
  return [strokes, dispatch];
}

/** The service has them now. */
export function forgetStrokes(id: string): void {
  const { [id]: _, ...painted } = get().painted;
  set({ painted });
}
