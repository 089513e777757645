/** What a run says while it works: a bar or lines on stderr for people, and with `json` events as NDJSON on stdout. */
import { requires } from "../core/errors.js";
import type { Losses } from "../guidance/losses.js";
import { isStdoutLost } from "./output-streams.js";
import { redraw, remark, tellJson } from "./terminal.js";

interface ReporterOptions {
  /** Nothing on stderr but errors. */
  readonly quiet?: boolean;
  /** Events on stdout. */
  readonly json?: boolean;
  /** stdout carries the picture, and can take no events. */
  readonly pictureOnStdout?: boolean;
}

const BAR_WIDTH = 20;
/** Weight of the newest step in the rate. */
const SMOOTHING = 0.2;
/** Between two lines of progress where there is no terminal to draw a bar on. */
const SECONDS_A_LINE = 10;

export class Reporter {
  private readonly events: boolean;
  private readonly bar: boolean;
  private readonly colour: boolean;
  private readonly lines: boolean;
  private secondsPerStep: number | undefined;
  private last = performance.now();
  private lastLine = performance.now();

  constructor(private readonly options: ReporterOptions) {
    const { quiet = false, json = false, pictureOnStdout = false } = options;
    requires(
      !json || !pictureOnStdout,
      "BAD_ARGUMENT",
      () => "--json: stdout carries the picture (-o -)",
      "name a file for the picture, or leave --json out",
    );
    this.events = json;
    this.bar = !quiet && process.stderr.isTTY && process.env.TERM !== "dumb";
    this.lines = !quiet && !this.bar;
    this.colour = this.bar && !process.env.NO_COLOR;
  }

  /** One machine-readable event. */
  event(type: string, fields: object): void {
    if (this.events && !isStdoutLost()) tellJson({ type, ...fields });
  }

  /** One line for people. */
  say(line: string): void {
    if (this.options.quiet) return;
    this.clear();
    remark(line);
  }

  /** Step `step` of `steps` was done just now, of the picture that `told` says where there are several. */
  step(step: number, steps: number, losses: Losses, told: object = {}): void {
    const now = performance.now();
    const seconds = (now - this.last) / 1000;
    this.last = now;
    this.secondsPerStep =
      this.secondsPerStep === undefined ? seconds : this.secondsPerStep + SMOOTHING * (seconds - this.secondsPerStep);
    this.event("step", { ...told, step, steps, losses, seconds: Number(seconds.toFixed(4)) });
    const isLineDue = this.lines && (step === steps || now - this.lastLine >= 1000 * SECONDS_A_LINE);
    if (!this.bar && !isLineDue) return;
    const which = Object.entries(told).map(([name, value]) => `  ${name} ${value}`);
    const line = [progressLine(step, steps, losses, this.secondsPerStep, BAR_WIDTH), ...which].join("");
    if (this.bar) this.draw(line);
    else remark(line);
    this.lastLine = now;
  }

  /** The clock of the next step starts now. */
  begin(): void {
    this.last = performance.now();
  }

  clear(): void {
    if (this.bar) redraw();
  }

  private draw(line: string): void {
    redraw(line, this.colour ? BAR_WIDTH : 0);
  }
}

/** `##########.......... 200/400  3.1 it/s  eta 1:05  loss 0.81 (0.7 0.11)` */
export function progressLine(
  step: number,
  steps: number,
  { total, prompts }: Losses,
  secondsPerStep: number,
  width: number,
): string {
  const filled = Math.round((width * step) / steps);
  const rate = secondsPerStep > 1 ? `${secondsPerStep.toFixed(1)} s/it` : `${(1 / secondsPerStep).toFixed(1)} it/s`;
  const each = prompts.length > 1 ? ` (${prompts.map((loss) => loss.toFixed(3)).join(" ")})` : "";
  const bar = "#".repeat(filled) + ".".repeat(width - filled);
  return `${bar} ${step}/${steps}  ${rate}  eta ${clock((steps - step) * secondsPerStep)}  loss ${total.toFixed(4)}${each}`;
}

/** Seconds as `m:ss` or `h:mm:ss`. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const tail = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}
