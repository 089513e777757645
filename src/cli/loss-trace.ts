/** The losses of a run as files: each step at full precision (`--trace`), and a plot of them (`--plot`). */
import { extname } from "node:path";
import { writeFileAtomically } from "../files/atomic-write.js";
import { type LossRow, lossColumns, lossCurves } from "../guidance/loss-columns.js";
import type { Losses } from "../guidance/losses.js";
import type { Settings } from "../guidance/settings.js";
import { plotSvg } from "../image/loss-plot.js";
import { learningRateAt } from "../optim/schedule.js";
import type { Writes } from "./writes.js";

export interface TraceFiles {
  /** CSV where it ends in .csv, else NDJSON. */
  readonly trace?: string | undefined;
  /** SVG */
  readonly plot?: string | undefined;
}

interface Row extends LossRow {
  /** Since the first of these steps began. */
  readonly seconds: number;
}

export class LossTrace {
  private readonly rows: Row[] = [];
  private began = performance.now();

  constructor(
    private readonly files: TraceFiles,
    private readonly settings: Settings,
  ) {}

  /** The clock starts now. */
  begin(): void {
    this.began = performance.now();
  }

  add(step: number, losses: Losses): void {
    if (this.files.trace === undefined && this.files.plot === undefined) return;
    this.rows.push({ step, losses, seconds: (performance.now() - this.began) / 1000 });
  }

  /** Writes what was asked for, each file for itself, unless there was no step. */
  async write(writes: Writes): Promise<void> {
    const { trace, plot } = this.files;
    if (this.rows.length === 0) return;
    if (trace !== undefined) {
      const isTable = extname(trace).toLowerCase() === ".csv";
      await writes.attempt(() => writeText(trace, isTable ? this.csv() : this.ndjson()));
    }
    if (plot !== undefined) await writes.attempt(() => writeText(plot, plotSvg(lossCurves(this.rows))));
  }

  private ndjson(): string {
    return this.rows.map(({ step, losses }) => `${JSON.stringify({ step, ...losses })}\n`).join("");
  }

  /** A column for each loss: `total,prompt_1,..,structure,perceptual,picture_1,..,latent`. */
  private csv(): string {
    const names = lossColumns((this.rows[0] as Row).losses).map(([name]) => name);
    const lines = this.rows.map(({ step, losses, seconds }) => {
      const rate = learningRateAt(this.settings, step - 1);
      return [step, seconds.toFixed(3), rate, ...lossColumns(losses).map(([, value]) => value)].join(",");
    });
    return `${[["step", "seconds", "learning_rate", ...names].join(","), ...lines].join("\n")}\n`;
  }
}

function writeText(path: string, text: string): Promise<void> {
  return writeFileAtomically(path, new TextEncoder().encode(text));
}
