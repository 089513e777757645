/** Options that nobody reads are refused: a name that is misspelt must not silently become a default. */
import { requires, VqganClipError } from "./errors.js";
import { nearest } from "./nearest.js";

/** Every name that `Options` may have; the compiler misses none and lets no other in. */
export type NamesOf<Options> = Readonly<Record<keyof Options, true>>;

/**
 * Nothing but the names that are read.
 *
 * @param where function whose options they are, such as "create()"
 * @throws BAD_ARGUMENT naming the odd one, and what was probably meant
 */
export function requireKnown<Options extends object>(where: string, given: Options, names: NamesOf<Options>): void {
  requires(
    typeof given === "object" && given !== null && !Array.isArray(given),
    "BAD_ARGUMENT",
    () => `${where}: needs an object of options, got ${typeof given === "object" ? JSON.stringify(given) : given}`,
  );
  const known = Object.keys(names);
  const odd = Object.keys(given).find((name) => !known.includes(name));
  if (odd !== undefined) throw unknownName(where, odd, known);
}

/** The error that says so. */
export function unknownName(where: string, odd: string, known: readonly string[]): VqganClipError {
  const [meant] = nearest(odd, known, 1);
  return new VqganClipError(
    "BAD_ARGUMENT",
    `${where}: there is no "${odd}"`,
    meant === undefined ? `known: ${known.join(", ")}` : `did you mean ${meant}?`,
  );
}
