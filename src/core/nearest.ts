/** Known words close to one that is not: by edit distance, or in it. */

/** Fewest insertions, deletions, substitutions and swaps of neighbours that make `a` into `b`. */
export function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      const above = rows[i - 1] as number[];
      let best = Math.min((above[j] as number) + 1, (row[j - 1] as number) + 1, (above[j - 1] as number) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (rows[i - 2]?.[j - 2] as number) + 1);
      }
      row.push(best);
    }
    rows.push(row);
  }
  return rows.at(-1)?.at(-1) as number;
}

/**
 * Up to `count` of `known` within a third of the word's length (at least 1, at most 3) of `word`, nearest first: of
 * equals, those that begin alike, then the longer (letters are left out more often than added).
 */
export function nearest(word: string, known: Iterable<string>, count = 3): string[] {
  const limit = Math.min(3, Math.max(1, Math.ceil(word.length / 3)));
  const found: { candidate: string; distance: number }[] = [];
  const beginsAlike = (candidate: string) => Number(candidate[0] === word[0]);
  const tieBreak = (a: string, b: string) => beginsAlike(b) - beginsAlike(a) || b.length - a.length || (a < b ? -1 : 1);
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const distance = editDistance(word, candidate);
    if (distance <= limit) found.push({ candidate, distance });
  }
  return found
    .sort((a, b) => a.distance - b.distance || tieBreak(a.candidate, b.candidate))
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** A word within another has at least so many letters. */
const SHORTEST_PART = 4;

/**
 * Up to `count` of `known` for a word that is none of them: those that `nearest` finds, then those that it begins or ends
 * with, longest first ("housekeeper": keeper, house).
 */
export function nearestWords(word: string, known: Iterable<string>, count = 3): string[] {
  const words = [...known];
  const spelt = nearest(word, words, count);
  const isPart = (part: string) => part.length >= SHORTEST_PART && (word.startsWith(part) || word.endsWith(part));
  const within = words
    .filter((part) => isPart(part) && !spelt.includes(part))
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  return [...spelt, ...within].slice(0, count);
}
