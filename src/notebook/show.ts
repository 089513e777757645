/** Makes something while a notebook looks on: one output of the cell, replaced in place. */
import { type Abortable, tellAborted } from "../core/abort.js";
import { requires } from "../core/errors.js";
import { requireKnown } from "../core/known-names.js";
import type { LossRow } from "../guidance/loss-columns.js";
import { PictureRun } from "../picture-run.js";
import { JUPYTER_DISPLAY } from "./bundle.js";
import { Grid } from "./grid.js";
import { LossPlot } from "./loss-plot.js";
import { Output } from "./output.js";
import { pictureOfRun, runBundle } from "./run-bundle.js";

/** How far a run is made. */
export interface ShowOptions extends Abortable {
  /** Steps in all after which a run pauses (default: those of its settings). */
  readonly until?: number;
}

/** Milliseconds between two pictures. */
const INTERVAL = 250;

/**
 * Takes the remaining steps of a run, its picture growing in one output of the cell.
 *
 * @returns the plot of the losses of these steps, which renders itself
 * @throws BAD_ARGUMENT where there is no notebook; what `toFinish` throws
 */
export function show(run: PictureRun, options?: ShowOptions): Promise<LossPlot>;
/** Makes the pictures of a grid, its sheet growing in one output of the cell. @throws as above; what `make` throws */
export function show(grid: Grid, options?: Abortable): Promise<undefined>;
export async function show(made: PictureRun | Grid, options: ShowOptions = {}): Promise<LossPlot | undefined> {
  requireKnown("show()", options, { until: true, signal: true, whenAborted: true });
  const output = new Output("show()");
  if (made instanceof PictureRun) return showRun(made, output, options);
  requires(made instanceof Grid, "BAD_ARGUMENT", () => "show(): expected a run or a Grid");
  await made.make({ ...options, onCell: () => output.put(made[JUPYTER_DISPLAY]()) });
  return undefined;
}

async function showRun(run: PictureRun, output: Output, options: ShowOptions): Promise<LossPlot> {
  const rows: LossRow[] = [];
  let shownAt = Number.NEGATIVE_INFINITY;
  await run.toFinish({
    ...options,
    whenAborted: "return",
    onStep: async ({ step, losses, image }) => {
      rows.push({ step, losses });
      const now = performance.now();
      if (now - shownAt < INTERVAL) return;
      shownAt = now;
      await output.put(await pictureOfRun(run, image, losses.total));
    },
  });
  await output.put(await runBundle(run));
  if (options.signal?.aborted) tellAborted("show()", options, "the run goes on by show()");
  return new LossPlot(rows);
}
