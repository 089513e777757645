/** What can be an axis of a grid, for the form as it stands. */
import { useMemo } from "react";
import { fieldsOf } from "../settings/schema-fields.js";
import { ownPlaces } from "../state/draft.js";
import { useStudio } from "../state/store.js";
import { type AxisKind, axisKinds, cellsOf } from "./axes.js";

export function useAxisKinds(): readonly AxisKind[] {
  const draft = useStudio((state) => state.draft);
  const info = useStudio((state) => state.info);
  return useMemo(
    () => (info ? axisKinds(draft, fieldsOf(info.settings, ownPlaces), info.presets, info.recommended) : []),
    [draft, info],
  );
}

/** How many pictures the form makes, or why it makes none. */
export function useCellCount(kinds: readonly AxisKind[]): number | string {
  const draft = useStudio((state) => state.draft);
  return useMemo(() => {
    try {
      return cellsOf(draft, kinds, "0").length;
    } catch (error) {
      return (error as Error).message;
    }
  }, [draft, kinds]);
}
