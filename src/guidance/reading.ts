/** What the texts of a run say to begin with: a style, a ground, and things before it. */
import type { Spot } from "../image/collage.js";
import type { NamedManner, Prior } from "../models/prior.js";
import { type Match, matchesIn, without, wordsOf } from "./phrases.js";
import { arranged, type Nearest, type Subject, type Thing } from "./subject.js";

export interface Reading {
  /** Number of a style of the prior's, where one is asked for */
  readonly style: number | undefined;
  /** A phrase of the prior's that says what is behind the things */
  readonly ground: string | undefined;
  /** None where no text names a thing that the prior knows */
  readonly subjects: readonly Subject[];
}

type Known = Pick<Prior, "styles" | "tints" | "phrases" | "keywords" | "grounds">;
type Words = readonly string[];

/** In these grounds there is a line on which things stand. */
const HORIZON = /\b(grass|meadow|ocean|sea)\b/;
/** A word before a thing says nothing of it if one of these is between them. */
const PARTING = /^(a|an|the|and|or|with|of|in|on|at|by|to|[,;])$/;

/**
 * Style and ground may stand in any text, and the words that say them name no thing; the things are those of the first text
 * that names some, by phrases or else by keywords.
 *
 * @param texts the heaviest first
 * @param nearest asked where a text names several things and no relation between them
 */
export async function readingOf(texts: readonly string[], known: Known, nearest: Nearest): Promise<Reading> {
  const { style, rest: plain } = styleOf(texts.map(wordsOf), known.styles);
  const { ground, rest } = groundOf(plain, known);
  for (const words of rest) {
    const things = thingsIn(words, known);
    if (things.length === 0) continue;
    const subjects = await arranged(words, things, nearest);
    return { style, ground, subjects: ground === undefined ? subjects : subjects.map(standingOn(ground)) };
  }
  return { style, ground, subjects: [] };
}

/** The first style, in the prior's order, that a word asks for, and the texts without such words. */
function styleOf(
  texts: readonly Words[],
  styles: readonly NamedManner[],
): { style: number | undefined; rest: Words[] } {
  const matches = texts.map((words) => mannersIn(words, styles));
  const [style] = matches.flat().map(({ phrase }) => mannerOf(phrase, styles)).sort((a, b) => a - b); // biome-ignore format: one thought
  return { style, rest: texts.map((words, i) => without(words, matches[i] as Match[])) };
}

function thingsIn(words: Words, { phrases, keywords, tints }: Known): Thing[] {
  const named = matchesIn(words, nameOf(phrases));
  const meant = (match: Match) => ({ ...match, phrase: keywords.get(match.phrase) as string });
  const matches = named.length > 0 ? named : matchesIn(words, nameOf(keywords)).map(meant);
  const before = ({ from }: Match, i: number) => words.slice(matches[i - 1]?.to ?? 0, from);
  return matches.map((match, i) => ({ ...match, tint: tintIn(before(match, i), tints) }));
}

/** The last tint among the words before a thing that are said of it. */
function tintIn(before: Words, tints: readonly NamedManner[]): number | undefined {
  const own = before.slice(before.findLastIndex((word) => PARTING.test(word)) + 1);
  const last = mannersIn(own, tints).at(-1);
  return last && mannerOf(last.phrase, tints);
}

/** The words that ask for one of the manners. */
const mannersIn = (words: Words, manners: readonly NamedManner[]) =>
  matchesIn(words, (said) => (mannerOf(said, manners) < 0 ? undefined : said));

/** The number of the manner that some words ask for; -1 if there is none. */
const mannerOf = (said: string, manners: readonly NamedManner[]) =>
  manners.findIndex(({ words }) => words.includes(said));

/** The ground said at the greatest length, and the texts without any. */
function groundOf(texts: readonly Words[], known: Known): { ground: string | undefined; rest: Words[] } {
  const grounds = new Map([...known.grounds].map((ground) => [withoutArticles(ground), ground]));
  const matches = texts.map((words) => groundsIn(words, grounds, known));
  const [longest] = matches.flat().sort((a, b) => b.to - b.from - (a.to - a.from));
  return { ground: longest?.phrase, rest: texts.map((words, i) => without(words, matches[i] as Match[])) };
}

/** What a thing goes on from is no ground: "on a red car", "by the sea lion". */
function groundsIn(words: Words, grounds: ReadonlyMap<string, string>, { phrases }: Known): Match[] {
  const things = matchesIn(words, nameOf(phrases));
  const goesOn = ({ to: end }: Match) => things.some(({ from, to }) => from <= end && end < to);
  return matchesIn(words, (said) => grounds.get(withoutArticles(said))).filter((match) => !goesOn(match));
}

const withoutArticles = (said: string) => said.replace(/\b(a|an|the) /g, "");

/** The name among those known that some words are; the last word may be in the plural. */
function nameOf(names: Pick<ReadonlySet<string>, "has">): (said: string) => string | undefined {
  return (said) =>
    [said, said.replace(/s$/, ""), said.replace(/es$/, ""), said.replace(/ies$/, "y")].find((form) => names.has(form));
}

/** A thing that would fill the canvas leaves room for the ground; where that has a horizon, what is in the middle stands lower. */
function standingOn(ground: string): (subject: Subject) => Subject {
  const hasHorizon = HORIZON.test(ground);
  const moved = ({ x, y, scale }: Spot): Spot => ({
    x,
    y: hasHorizon && y === 0 ? 0.12 : y,
    scale: scale < 1 ? scale : hasHorizon ? 0.72 : 0.8,
  });
  return (subject) => ({ ...subject, spots: subject.spots.map(moved) });
}
