/** Tells screen readers how it goes: states at once, steps at most every ten seconds. */
import { useEffect, useRef, useState } from "react";
import { useStudio } from "../state/store.js";
import { statusWords } from "./format.js";

const EVERY_MS = 10_000;

export function LiveRegion() {
  const session = useStudio((state) => state.session);
  const [text, setText] = useState("");
  const told = useRef({ status: "", at: 0 });
  useEffect(() => {
    if (!session) return;
    const { step, steps, losses } = session;
    const state = `${session.id} ${statusWords(session)}`;
    const loss = losses.at(-1)?.total;
    const progress = `step ${step} of ${steps}${loss === undefined ? "" : `, loss ${loss.toFixed(2)}`}`;
    const isDue = session.status === "running" && Date.now() - told.current.at >= EVERY_MS;
    if (state === told.current.status && !isDue) return;
    setText(state === told.current.status ? progress : `${statusWords(session)}, ${progress}`);
    told.current = { status: state, at: Date.now() };
  }, [session]);
  return (
    <p className="sr" aria-live="polite" data-testid="live">
      {text}
    </p>
  );
}
