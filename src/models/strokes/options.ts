/** What a drawing is made of: how many strokes, of what kind, on what paper; and the name that tells it. */
import { requires } from "../../core/errors.js";
import { type NamesOf, requireKnown } from "../../core/known-names.js";
import { type Colour, colourOf, isOn, readFields, toldFields } from "../named-options.js";

/** What a stroke may be. */
export const strokeShapes = ["line", "closed", "triangle"] as const;
export type StrokeShape = (typeof strokeShapes)[number];

/** All lengths are shares of the picture's shorter side, so that a drawing is the same at every size. */
export interface StrokesOptions {
  /** Strokes, 1..4096 (default 40). Later ones lie over earlier ones. */
  readonly count?: number;
  /** Cubic Bezier curves of a stroke, joined end to end, 1..8 (default 2). */
  readonly segments?: number;
  /** Least width and the one that every stroke starts with, in percent, 0.1..50 (default 3). No stroke is drawn thinner than a pixel. */
  readonly width?: number;
  /** Greatest width in percent, at least `width`, up to 100 (default 45). */
  readonly widest?: number;
  /** Colour of all strokes: six hexadecimal digits, `black` or `white` (default `colour`: each has its own). */
  readonly ink?: string;
  /** Colour of the paper: six hexadecimal digits, `black` or `white` (default `white`). */
  readonly paper?: string;
  /**
   * What is drawn (default `line`). `closed`: closed curves, filled; `triangle`: filled too. Those have no width, and
   * triangles no segments.
   */
  readonly shape?: StrokeShape;
  /** Whether strokes may let through what is under them: `on` or `off` (default `on`). */
  readonly opacity?: "on" | "off";
}

/** Complete, with colours as r, g, b in 0..1; `ink` is undefined where each stroke has its own. */
export interface Strokes {
  readonly count: number;
  readonly segments: number;
  readonly width: number;
  readonly widest: number;
  readonly ink: Colour | undefined;
  readonly paper: Colour;
  readonly shape: StrokeShape;
  readonly opacity: boolean;
}

const defaults = {
  count: 40,
  segments: 2,
  width: 3,
  widest: 45,
  ink: "colour",
  paper: "white",
  shape: "line",
  opacity: "on",
} as const satisfies Required<StrokesOptions>;

const names: NamesOf<StrokesOptions> = {
  count: true,
  segments: true,
  width: true,
  widest: true,
  ink: true,
  paper: true,
  shape: true,
  opacity: true,
};

/** How such a generator is named: `strokes`, or `strokes:count=32,ink=black`. */
const STROKES = "strokes";

/** The options that a name tells; undefined where it is no drawing's. @throws BAD_ARGUMENT on fields that nobody reads or cannot be read */
export function strokesNamed(name: string): StrokesOptions | undefined {
  if (name === STROKES) return {};
  if (!name.startsWith(`${STROKES}:`)) return undefined;
  return readFields<StrokesOptions>(STROKES, name.slice(STROKES.length + 1), defaults, `${STROKES}:count=32,ink=black`);
}

/** The name that tells what differs from the defaults, in one order and one spelling. */
export function nameOf(options: StrokesOptions): string {
  const told = toldFields(options, defaults);
  return told === "" ? STROKES : `${STROKES}:${told}`;
}

/** @throws BAD_ARGUMENT naming the option, its range and what came */
export function completeStrokes(options: StrokesOptions): Strokes {
  requireKnown(`${STROKES}()`, options, names);
  const { count, segments, width, widest, ink, paper, shape, opacity } = { ...defaults, ...options };
  whole("count", count, 4096);
  whole("segments", segments, 8);
  within("width", width, 0.1, 50);
  within("widest", widest, width, 100);
  requires(
    strokeShapes.includes(shape),
    "BAD_ARGUMENT",
    () => `${STROKES}: shape is one of ${strokeShapes.join(", ")}, got ${shape}`,
  );
  return {
    ...{ count, segments, width, widest, shape },
    opacity: isOn(STROKES, "opacity", opacity),
    ink: ink === defaults.ink ? undefined : colourOf(STROKES, "ink", ink, "colour, "),
    paper: colourOf(STROKES, "paper", paper),
  };
}

function whole(name: string, value: number, most: number): void {
  requires(
    Number.isInteger(value) && value >= 1 && value <= most,
    "BAD_ARGUMENT",
    () => `${STROKES}: ${name} is a whole number from 1 to ${most}, got ${value}`,
  );
}

function within(name: string, value: number, least: number, most: number): void {
  requires(
    value >= least && value <= most,
    "BAD_ARGUMENT",
    () => `${STROKES}: ${name} is in percent of the shorter side, from ${least} to ${most}, got ${value}`,
  );
}
