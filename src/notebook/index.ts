/**
 * The package in notebooks (Deno's Jupyter kernel). Importing it teaches runs and pictures to render themselves, as
 * grids and plots do.
 */
import { NDArray } from "../core/ndarray.js";
import { PictureRun } from "../picture-run.js";
import { arrayBundle, JUPYTER_DISPLAY } from "./bundle.js";
import { runBundle } from "./run-bundle.js";

export type { LossRow } from "../guidance/loss-columns.js";
export type { Displayable, MimeBundle } from "./bundle.js";
export { Grid, type MadeCell } from "./grid.js";
export { LossPlot } from "./loss-plot.js";
export { type ShowOptions, show } from "./show.js";
export { type Result, writeZip } from "./write-zip.js";

function rendersItself<Instance>(
  { prototype }: { readonly prototype: Instance },
  render: (instance: Instance) => unknown,
): void {
  Object.defineProperty(prototype, JUPYTER_DISPLAY, {
    configurable: true,
    value(this: Instance) {
      return render(this);
    },
  });
}

rendersItself(PictureRun, runBundle);
rendersItself(NDArray, arrayBundle);
