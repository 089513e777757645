/** What of a text a run should begin with: the phrases in it that the prior draws best, arranged as its words say. */
import type { Spot } from "../image/collage.js";
import type { Perceptor } from "../models/perceptor.js";
import type { CompileOptions } from "../runtime/program.js";
import { unitTexts } from "./perceive.js";

/** A known phrase, its unit embedding [E], and where its picture goes, once for each of several. */
export interface Subject {
  readonly phrase: string;
  readonly embedding: Float32Array;
  readonly spots: readonly Spot[];
}

/** A phrase and the words of the text [from, to) that say it. */
interface Match {
  readonly phrase: string;
  readonly from: number;
  readonly to: number;
}

/** Longest phrase in words that is looked for. */
const MOST_WORDS = 8;
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
  [/^(and|next to|beside|with)\b/, "row", false],
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
 * What a text says to begin with: two known phrases with a relation between them, else the one that says most of the text
 * (by the cosine of their embeddings) in its number or place.
 *
 * @param phrases lower case, one space between words
 * @returns nothing where the text holds no known phrase
 */
export async function subjectsOf(
  perceptor: Perceptor,
  text: string,
  phrases: ReadonlySet<string>,
  options: CompileOptions,
): Promise<readonly Subject[]> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const matches = matchesIn(words, phrases);
  const said = (from: number, to?: number) => words.slice(from, to).join(" ");
  if (matches.length === 0) return [];
  const texts = [text, ...matches.map(({ phrase }) => phrase)];
  const [whole, ...rows] = (await unitTexts(perceptor, texts, options)) as [Float32Array, ...Float32Array[]];
  const subject = (i: number, spots: readonly Spot[]): Subject => ({
    phrase: (matches[i] as Match).phrase,
    embedding: rows[i] as Float32Array,
    spots,
  });
  for (const [i, { to }] of matches.entries()) {
    const next = matches[i + 1];
    const relation = next && RELATIONS.find(([pattern]) => pattern.test(said(to, next.from)));
    if (!relation) continue;
    const [, layout, isReversed] = relation;
    const [one, other] = HALVES[layout];
    return [subject(i, [isReversed ? other : one]), subject(i + 1, [isReversed ? one : other])];
  }
  const alike = rows.map((row) => row.reduce((sum, value, i) => sum + value * (whole[i] as number), 0));
  const best = alike.indexOf(Math.max(...alike));
  const { from, to } = matches[best] as Match;
  const before = said(matches[best - 1]?.to ?? 0, from);
  const around = `${before} ${said(to)}`;
  const number = NUMBERS.find(([pattern]) => pattern.test(before))?.[1];
  const place = PLACES.find(([pattern]) => pattern.test(around))?.[1];
  return [subject(best, number ?? [place ?? WHOLE])];
}

/** The known phrases that are part of no longer one, in their order; the last word may be in the plural. */
function matchesIn(words: readonly string[], phrases: ReadonlySet<string>): Match[] {
  const found: Match[] = [];
  for (let from = 0; from < words.length; from++) {
    for (let to = Math.min(words.length, from + MOST_WORDS); to > from; to--) {
      const written = words.slice(from, to).join(" ");
      const singular = [written.replace(/s$/, ""), written.replace(/es$/, ""), written.replace(/ies$/, "y")];
      const phrase = [written, ...singular].find((form) => phrases.has(form));
      if (phrase === undefined) continue;
      found.push({ phrase, from, to });
      from = to - 1;
      break;
    }
  }
  return found;
}
