/** Names in the order people number them: frame2 before frame10. */
const collator = new Intl.Collator("en", { numeric: true });

/** A new list; names that differ only in how a number is written (1, 01) keep the order of their characters. */
export function naturalOrder(names: readonly string[]): string[] {
  return [...names].sort((a, b) => collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0));
}
