/** What the form would need, asked anew whenever it, or who waits, has changed and rests for a moment. */
import { type Files, ServiceError, service } from "../api/client.js";
import type { Plan } from "../api/types.js";
import { type Draft, filesOf, hasAim, requestOf } from "./draft.js";
import { get, isActive, set, useStudio } from "./store.js";

const REST_MS = 400;
/** Bytes of pictures that are sent for a plan. */
const MOST_BYTES = 8e6;

/** Asks until the function that is returned is called. */
export function forecast(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked: { readonly draft: Draft; readonly working: number } | undefined;
  const stop = useStudio.subscribe(({ draft, info, busy, sessions }) => {
    const working = sessions.filter(isActive).length; // who waits behind them
    if (!info || busy === "create" || (draft === asked?.draft && working === asked.working)) return;
    asked = { draft, working };
    clearTimeout(timer);
    timer = setTimeout(() => void ask(draft), REST_MS);
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}

async function ask(draft: Draft): Promise<void> {
  const { info } = get();
  const { film } = draft;
  const frames = film?.kind === "style" ? film.files : [];
  // Of frames, what the first one needs is what each needs.
  const files: Files = { ...filesOf(draft), ...(frames[0] && { image: frames[0], frames: [] }) };
  if (!info || !hasAim(draft) || bytesOf(files) > MOST_BYTES) {
    set({ plan: undefined, refusal: undefined });
    return;
  }
  try {
    const { style: _, ...request } = requestOf(draft, info);
    const plan = await service.plan(request, files);
    if (get().draft === draft) set({ plan: plan && timesFrames(plan, frames.length || 1), refusal: undefined });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const isRefused = error.problem.code !== "UNREACHABLE";
    if (get().draft === draft) set({ plan: undefined, refusal: isRefused ? error.problem : undefined });
  }
}

const bytesOf = ({ image, prompts = [] }: Files) =>
  prompts.reduce((sum, { size }) => sum + size, image === undefined ? 0 : image.size);

const timesFrames = (plan: Plan, count: number): Plan => ({
  ...plan,
  seconds: plan.seconds === null ? null : plan.seconds * count,
});
