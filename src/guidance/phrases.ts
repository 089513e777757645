/** The words of a text, and the known phrases among them. */

/** A known phrase and the words of the text [from, to) that say it. */
export interface Match {
  readonly phrase: string;
  readonly from: number;
  readonly to: number;
}

/** Longest phrase in words that is looked for. */
const MOST_WORDS = 8;

/** In lower case; a comma or semicolon is a word of its own, so that no phrase goes on beyond it. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+|[,;]/gu) ?? [];
}

/**
 * Phrases that do not overlap, the longest at each place, in their order.
 *
 * @param phraseOf which phrase some words say, one space between them
 */
export function matchesIn(words: readonly string[], phraseOf: (said: string) => string | undefined): Match[] {
  const found: Match[] = [];
  for (let from = 0; from < words.length; from++) {
    for (let to = Math.min(words.length, from + MOST_WORDS); to > from; to--) {
      const phrase = phraseOf(words.slice(from, to).join(" "));
      if (phrase === undefined) continue;
      found.push({ phrase, from, to });
      from = to - 1;
      break;
    }
  }
  return found;
}

/** The words that no match says. */
export function without(words: readonly string[], matches: readonly Match[]): string[] {
  return words.filter((_, i) => !matches.some(({ from, to }) => from <= i && i < to));
}
