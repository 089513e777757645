/** How far an edit may go from what it begins at. */
import { useId } from "react";
import { edit } from "../state/actions.js";
import { useStudio } from "../state/store.js";

export function Strength({ label }: { readonly label: string }) {
  const strength = useStudio((state) => state.draft.strength);
  const id = useId();
  return (
    <>
      <label className="hint" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        type="range"
        min={0.05}
        max={1}
        step={0.05}
        value={strength ?? 0.95}
        onChange={(event) => edit({ strength: Number(event.target.value) })}
      />
    </>
  );
}
