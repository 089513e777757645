/** A command line of another program, as its own parser would read it: flags, their values, and what it would not know. */
import { parse } from "shell-quote";
import { requires } from "../../core/errors.js";

/** The words of a command line as a POSIX shell splits it. @throws BAD_ARGUMENT on what only a shell can do */
export function wordsOf(text: string): string[] {
  const joined = text
    .trim()
    .replace(/^[!%$]\s*/, "")
    .replace(/\\\r?\n/g, " "); // as notebooks and instructions write it
  return parse(joined, (name) => `$${name}`).map((word) => {
    if (typeof word === "string") return word;
    const shown = "comment" in word ? `#${word.comment}` : word.op === "glob" ? word.pattern : word.op;
    requires(
      "op" in word && word.op === "glob",
      "BAD_ARGUMENT",
      () => `compat: ${JSON.stringify(shown)} is for the shell, which is not asked`,
      "quote prompts that hold |, # or other signs, and name one command alone",
    );
    return shown;
  });
}

/** How many values a flag takes: none, so many, at least one, or any number. */
export type Count = number | "+" | "*";

/** A flag: its other spellings, and how many values it takes (default 1). */
export interface Flag {
  readonly also?: readonly string[];
  readonly count?: Count;
}

export interface Read<Name extends string> {
  readonly given: ReadonlyMap<Name, readonly string[]>;
  /** Words that belong to no flag that is known, as they stand; a flag's with what follows it */
  readonly unknown: readonly string[];
}

/** Reads words as Python's argparse does: `--flag value`, `--flag=value`, beginnings of long flags that tell which. */
export function readFlags<Name extends string>(
  flags: Readonly<Record<Name, Flag>>,
  words: readonly string[],
): Read<Name> {
  const given = new Map<Name, readonly string[]>();
  const unknown: string[] = [];
  for (let i = 0; i < words.length; ) {
    const word = words[i++] as string;
    const [spelt, own] = splitFlag(word);
    const name = isFlag(word) ? nameOf(flags, spelt) : undefined;
    const following: string[] = own === undefined ? [] : [own];
    const { count = 1 } = name === undefined ? { count: isFlag(word) ? ("*" as const) : 0 } : flags[name];
    const most = typeof count === "number" ? count : Number.POSITIVE_INFINITY;
    while (own === undefined && following.length < most && i < words.length && !isFlag(words[i] as string)) {
      following.push(words[i++] as string);
    }
    if (name === undefined) {
      unknown.push([word, ...(own === undefined ? following : [])].join(" "));
      continue;
    }
    const least = typeof count === "number" ? count : count === "+" ? 1 : 0;
    requires(
      following.length >= least,
      "BAD_ARGUMENT",
      () => `compat: ${word} takes ${least === 1 ? "a value" : `${least} values`}, found ${following.length}`,
      "quote the whole command, and in it each prompt",
    );
    given.set(name, following);
  }
  return { given, unknown };
}

/** A number below 0 is a value. */
function isFlag(word: string): boolean {
  return /^-{1,2}[A-Za-z]/.test(word);
}

function splitFlag(word: string): [string, string | undefined] {
  const at = word.indexOf("=");
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function nameOf<Name extends string>(flags: Readonly<Record<Name, Flag>>, spelt: string): Name | undefined {
  const names = Object.keys(flags) as Name[];
  const exact = names.find((name) => `--${name}` === spelt || flags[name].also?.includes(spelt));
  if (exact !== undefined || !spelt.startsWith("--")) return exact;
  const begun = names.filter((name) => `--${name}`.startsWith(spelt));
  return begun.length === 1 ? begun[0] : undefined;
}
