/** Where the things that a text names go, as its words say. */
import type { Spot } from "../image/collage.js";
import type { Match } from "./phrases.js";

/** A thing that a text names, and the number of the tint that it gives it. */
export interface Thing extends Match {
  readonly tint: number | undefined;
}

/** Where the picture of a thing goes, once for each of several. */
export interface Subject extends Pick<Thing, "phrase" | "tint"> {
  readonly spots: readonly Spot[];
}

/** The number of the phrase that says most of a text. */
export type Nearest = (text: string, phrases: readonly string[]) => Promise<number>;

const WHOLE: Spot = { x: 0, y: 0, scale: 1 };
const HALVES = {
  row: [
    { x: -0.5, y: 0, scale: 0.5 },
    { x: 0.5, y: 0, scale: 0.5 },
  ],
  column: [
    { x: 0, y: -0.5, scale: 0.5 },
    { x: 0, y: 0.5, scale: 0.5 },
  ],
} as const;

/** Between two things: how they lie, and whether the first one named comes last. */
const RELATIONS = [
  [/\bleft of\b/, "row", false],
  [/\bright of\b/, "row", true],
  [/\b(above|over|on top of)\b/, "column", false],
  [/\b(below|under|beneath)\b/, "column", true],
  [/^[,; ]*(and|next to|beside|with)\b/, "row", false],
] as const;

/** Before a thing. */
const NUMBERS: readonly (readonly [RegExp, readonly Spot[]])[] = [
  [/\b(two|2|pair of|couple of)\b/, HALVES.row],
  [
    /\b(three|3)\b/,
    [
      { x: -0.5, y: 0.5, scale: 0.5 },
      { x: 0.5, y: 0.5, scale: 0.5 },
      { x: 0, y: -0.5, scale: 0.5 },
    ],
  ],
  [/\b(four|4)\b/, [-0.5, 0.5].flatMap((y) => [-0.5, 0.5].map((x) => ({ x, y, scale: 0.5 })))],
];

/** Anywhere around a thing that is alone. */
const PLACES: readonly (readonly [RegExp, Spot])[] = [
  [/\bon the left\b/, HALVES.row[0]],
  [/\bon the right\b/, HALVES.row[1]],
  [/\bat the top\b/, HALVES.column[0]],
  [/\bat the bottom\b/, HALVES.column[1]],
  [/\b(small|little|tiny)\b/, { x: 0, y: 0, scale: 0.4 }],
];

/**
 * Two things with a relation between them, else the one that says most of the text in its number or place.
 *
 * @param things in their order, at least one
 */
export async function arranged(
  words: readonly string[],
  things: readonly Thing[],
  nearest: Nearest,
): Promise<Subject[]> {
  const said = (from: number, to?: number) => words.slice(from, to).join(" ");
  const placed = ({ phrase, tint }: Thing, ...spots: readonly Spot[]): Subject => ({ phrase, tint, spots });
  for (const [i, thing] of things.entries()) {
    const next = things[i + 1];
    const relation = next && RELATIONS.find(([pattern]) => pattern.test(said(thing.to, next.from)));
    if (!relation) continue;
    const [, layout, isReversed] = relation;
    const [one, other] = HALVES[layout];
    return [placed(thing, isReversed ? other : one), placed(next, isReversed ? one : other)];
  }
  const best = things.length === 1 ? 0 : await nearest(said(0), things.map(({ phrase }) => phrase)); // biome-ignore format: one thought
  const thing = things[best] as Thing;
  const before = said(things[best - 1]?.to ?? 0, thing.from);
  const around = `${before} ${said(thing.to)}`;
  const number = NUMBERS.find(([pattern]) => pattern.test(before))?.[1];
  const place = PLACES.find(([pattern]) => pattern.test(around))?.[1];
  return [placed(thing, ...(number ?? [place ?? WHOLE]))];
}
