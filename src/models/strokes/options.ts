/** What a drawing is made of: how many strokes, of what kind, on what paper; and the name that tells it. */
import type { Colour } from "../../core/colour.js";
import { requires } from "../../core/errors.js";
import { type NamesOf, requireKnown } from "../../core/known-names.js";
import { colourOf, isOn, readFields, toldFields } from "../named-options.js";

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
  /**
   * In how many stages closed shapes and triangles join a drawing of a picture, each where it differs most from the picture by then,
   * 0..100 (default 0: they begin as the picture's regions, all at once).
   */
  readonly stages?: number;
  /** Steps in which all shapes follow the picture's pixels after each stage, 0..2000 (default 60). */
  readonly fit?: number;
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
  readonly stages: number;
  readonly fit: number;
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
  stages: 0,
  fit: 60,
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
  stages: true,
  fit: true,
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
  const { count, segments, width, widest, ink, paper, shape, stages, fit, opacity } = { ...defaults, ...options };
  whole("count", count, 4096);
  whole("segments", segments, 8);
  whole("stages", stages, 100, 0);
  whole("fit", fit, 2000, 0);
  within("width", width, 0.1, 50);
  within("widest", widest, width, 100);
  requires(
    strokeShapes.includes(shape),
    "BAD_ARGUMENT",
    () => `${STROKES}: shape is one of ${strokeShapes.join(", ")}, got ${shape}`,
  );
  requires(
    stages === 0 || shape !== "line",
    "BAD_ARGUMENT",
    () => `${STROKES}: stages are of shapes, and these are lines`,
    "set shape to closed or triangle, or leave stages out",
  );
  return {
    ...{ count, segments, width, widest, shape, stages, fit },
    opacity: isOn(STROKES, "opacity", opacity),
    ink: ink === defaults.ink ? undefined : colourOf(STROKES, "ink", ink, "colour, "),
    paper: colourOf(STROKES, "paper", paper),
  };
}

function whole(name: string, value: number, most: number, least = 1): void {
  requires(
    Number.isInteger(value) && value >= least && value <= most,
    "BAD_ARGUMENT",
    () => `${STROKES}: ${name} is a whole number from ${least} to ${most}, got ${value}`,
  );
}

function within(name: string, value: number, least: number, most: number): void {
  requires(
    value >= least && value <= most,
    "BAD_ARGUMENT",
    () => `${STROKES}: ${name} is in percent of the shorter side, from ${least} to ${most}, got ${value}`,
  );
}
