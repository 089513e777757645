/** The losses of a run's steps as a plot that renders itself. */
import { type LossRow, lossCurves } from "../guidance/loss-columns.js";
import { plotSvg } from "../image/loss-plot.js";
import { type Displayable, JUPYTER_DISPLAY, type MimeBundle, textBundle } from "./bundle.js";

/** One curve for each loss that is not always 0, over steps. */
export class LossPlot implements Displayable {
  constructor(
    /** One for each step. */
    readonly rows: readonly LossRow[],
  ) {}

  /** Undefined when there was no step. */
  get svg(): string | undefined {
    return this.rows.length > 0 ? plotSvg(lossCurves(this.rows)) : undefined;
  }

  /** As curves. */
  [JUPYTER_DISPLAY](): MimeBundle {
    const [first, last] = [this.rows[0], this.rows.at(-1)];
    if (!first || !last) return textBundle("no steps were taken");
    const range = [first, last].map(({ losses }) => losses.total.toPrecision(4)).join(" to ");
    return { ...textBundle(`steps ${first.step} to ${last.step}: loss ${range}`), "image/svg+xml": this.svg };
  }
}
