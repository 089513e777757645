/** The pictures of a grid on one sheet, that renders itself as far as it is made. */
import { type Abortable, tellAborted } from "../core/abort.js";
import type { NDArray } from "../core/ndarray.js";
import type { Seed } from "../core/seed.js";
import { type GridRequest, gridCells } from "../grid.js";
import { contactSheet } from "../image/contact-sheet.js";
import type { PictureSource } from "../picture-run.js";
import type { VqganClip } from "../vqgan-clip.js";
import { arrayBundle, type Displayable, JUPYTER_DISPLAY, type MimeBundle, textBundle } from "./bundle.js";

/** A picture of a grid. */
export interface MadeCell {
  /** From 0: its variant, and then its seed. */
  readonly row: number;
  readonly column: number;
  readonly seed: Seed;
  /** [3,H,W] in 0..1 */
  readonly picture: NDArray;
  /** With its story. */
  readonly png: Uint8Array;
  readonly step: number;
  /** -1..1; undefined without texts. */
  readonly score: number | undefined;
}

/** Many pictures: a row for each variant, a column for each seed. Nothing is made before `make`, or `show`. */
export class Grid implements Displayable {
  /** Those that are made, row by row. */
  readonly cells: MadeCell[] = [];

  constructor(
    private readonly pair: VqganClip,
    private readonly request: GridRequest<PictureSource>,
  ) {}

  /** Makes all of them, once more where they were made before. @throws what `gridCells` throws; ABORTED */
  async make(options: Abortable & { readonly onCell?: (grid: Grid) => unknown } = {}): Promise<this> {
    const { onCell, ...abortable } = options;
    this.cells.length = 0;
    for await (const { run, ...cell } of gridCells(this.pair, this.request, { ...abortable, whenAborted: "return" })) {
      const { row, column, picture, step, score } = cell;
      const seed = this.request.seeds[column] as Seed;
      this.cells.push({ row, column, seed, picture, png: await run.toPNG(), step, score });
      await onCell?.(this);
    }
    if (this.cells.length < this.request.variants.length * this.request.seeds.length) {
      tellAborted("make()", abortable, "the cells that are there are whole");
    }
    return this;
  }

  /** [3,H,W] in 0..1; undefined before the first cell. */
  get sheet(): NDArray | undefined {
    if (this.cells.length === 0) return undefined;
    const cells = this.cells.map(({ picture, seed, score }) => {
      return { picture, label: [`seed ${seed}`, ...(score === undefined ? [] : [`score ${score.toFixed(3)}`])] };
    });
    return contactSheet(cells, this.request.seeds.length);
  }

  /** Its sheet. */
  [JUPYTER_DISPLAY](): MimeBundle {
    const { variants, seeds } = this.request;
    const text = textBundle(`${this.cells.length} of ${variants.length * seeds.length} pictures`);
    return this.sheet ? { ...arrayBundle(this.sheet), ...text } : text;
  }
}
