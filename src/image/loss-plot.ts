/** Curves as an SVG, with axes and a legend. */
import { markupText } from "../core/escape.js";

export interface Curve {
  readonly name: string;
  /** One for each value, rising. */
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

const SIZE = { width: 800, height: 480, left: 70, right: 150, top: 20, bottom: 45 } as const;
/** Told apart also by eyes that see few colours (Okabe and Ito, 2008). */
const COLOURS = ["#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c8c00"];
const TICKS = 6;

/** @param curves at least one, each with at least one value @param axes what they are over, and what they are of */
export function plotSvg(curves: readonly Curve[], axes = { across: "step", up: "loss" }): string {
  const { width, height, left, right, top, bottom } = SIZE;
  const steps = extent(curves.flatMap(({ steps }) => steps));
  const values = extent(curves.flatMap(({ values }) => values));
  const x = scale(steps, [left, width - right]);
  const y = scale(values, [height - bottom, top]);
  const lines = curves.map(({ name, steps, values }, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const points = steps.map((step, k) => `${x(step).toFixed(1)},${y(values[k] as number).toFixed(1)}`).join(" ");
    const row = top + 15 + 20 * i;
    const legend = width - right + 15;
    return [
      `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="1.5"/>`,
      `<line x1="${legend}" x2="${legend + 20}" y1="${row - 4}" y2="${row - 4}" stroke="${colour}" stroke-width="3"/>`,
      `<text x="${legend + 26}" y="${row}">${markupText(name)}</text>`,
    ].join("\n");
  });
  const across = ticks(steps).map((tick) => {
    const at = x(tick).toFixed(1);
    return `<line x1="${at}" x2="${at}" y1="${top}" y2="${height - bottom}" stroke="#ddd"/>
<text x="${at}" y="${height - bottom + 18}" text-anchor="middle">${label(tick)}</text>`;
  });
  const up = ticks(values).map((tick) => {
    const at = y(tick).toFixed(1);
    return `<line x1="${left}" x2="${width - right}" y1="${at}" y2="${at}" stroke="#ddd"/>
<text x="${left - 8}" y="${Number(at) + 4}" text-anchor="end">${label(tick)}</text>`;
  });
  const middle = (left + width - right) / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<title>${axes.up} over ${axes.across}s: ${curves.map(({ name }) => markupText(name)).join(", ")}</title>
<rect width="${width}" height="${height}" fill="#fff"/>
${[...across, ...up].join("\n")}
<text x="${middle}" y="${height - 8}" text-anchor="middle">${axes.across}</text>
<text x="16" y="${height / 2}" text-anchor="middle" transform="rotate(-90 16 ${height / 2})">${axes.up}</text>
${lines.join("\n")}
</svg>
`;
}

type Range = readonly [low: number, high: number];

/** From the least to the greatest; a single value gets room on both sides. */
function extent(values: readonly number[]): Range {
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const room = Math.abs(low) || 1;
  return low < high ? [low, high] : [low - room / 2, high + room / 2];
}

function scale([low, high]: Range, [from, to]: Range): (value: number) => number {
  return (value) => from + ((value - low) / (high - low)) * (to - from);
}

/** Round numbers within a range: multiples of 1, 2 or 5 times a power of ten. */
function ticks([low, high]: Range): number[] {
  const rough = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

const label = (tick: number): string => String(Number(tick.toPrecision(6)));
