/** Looks back over the kept steps of the way that led here. */
import type { Session } from "../api/types.js";
import { set, useStudio } from "../state/store.js";
import { framesOnTheWay } from "./shown-picture.js";

export function Scrubber({ session }: { readonly session: Session }) {
  const looked = useStudio((state) => state.looked);
  const way = framesOnTheWay(session);
  if (way.length < 2) return null;
  const last = way.length - 1;
  const found = way.findIndex(({ node, step }) => node === looked?.node && step === looked?.step);
  const index = found < 0 ? last : found;
  const isNewest = !looked || found < 0;
  return (
    <label className="scrubber">
      <span className="sr">Look back over the steps</span>
      <input
        type="range"
        min={0}
        max={last}
        value={isNewest ? last : index}
        aria-valuetext={isNewest ? "newest" : `step ${way[index]?.step}`}
        onChange={(event) => {
          const to = Number(event.target.value);
          set({ looked: to === last ? undefined : way[to] });
        }}
      />
      <output>{isNewest ? "newest" : `step ${way[index]?.step}`}</output>
    </label>
  );
}
