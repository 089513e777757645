/** A run as notebooks show it: its picture with where it stands. */
import type { NDArray } from "../core/ndarray.js";
import { endingOf } from "../guidance/run-state.js";
import type { PictureRun } from "../picture-run.js";
import { parsePrompts } from "../prompts/prompt.js";
import { currentState } from "../sessions/session-tree.js";
import { captionedBundle, type MimeBundle, textBundle } from "./bundle.js";

/** Nothing is compiled for a run that has not begun: its settings are told. */
export async function runBundle(run: PictureRun): Promise<MimeBundle> {
  if (run.history === undefined) return textBundle(`${wordsOf(run)}: not begun, ${run.settings.steps} steps to take`);
  const picture = run.status === "running" ? run.image : await run.render();
  if (picture === undefined) return textBundle(`${wordsOf(run)}: ${run.status}`);
  return pictureOfRun(run, picture);
}

/** @param picture of it [3,H,W] in 0..1 @param loss of the step that was taken last */
export function pictureOfRun(run: PictureRun, picture: NDArray, loss?: number): Promise<MimeBundle> {
  const { settings, history, status } = run;
  const state = history && currentState(history);
  const step = `step ${state?.step ?? 0} of ${settings.steps}`;
  const how = state && endingOf(state) === "plateau" ? "at rest" : status;
  const facts = [step, ...(loss === undefined ? [] : [`loss ${loss.toPrecision(4)}`]), `seed ${settings.seed}`, how];
  return captionedBundle(picture, [wordsOf(run), facts.join(", ")]);
}

const wordsOf = ({ settings: { prompts } }: PictureRun): string =>
  prompts === ""
    ? "no prompts"
    : parsePrompts(prompts)
        .map(({ text }) => text)
        .join(", ");
