/** What of a foreign `tokenizer.json` could take for ever or swell without measure: refused before any text meets it. */
import { type AST, RegExpParser } from "@eslint-community/regexpp";
import { requires, VqganClipError } from "../../core/errors.js";
import { shown } from "../../core/shown.js";

/** Of one alternative: repetitions without fixed length, and places with a choice. Time grows with text ^ repetitions. */
const MAX_REPETITIONS = 2;
const MAX_CHOICES = 8;
/** How many times longer all replacements together may make a text. */
const MAX_GROWTH = 10_000;

/**
 * Requires that every regular expression of a tokenizer ends soon on any text, and that its replacements keep a text short.
 * Engines of regular expressions try all ways through a pattern: `(a+)+$` has 2^n of them. So a repeated part may hold
 * neither a repetition nor a choice, and there may be few of them in a row, which published tokenizers keep to.
 *
 * @param parts normalizer, pre-tokenizer and post-processor
 * @throws BAD_MODEL showing the pattern
 */
export function requireTamePatterns(parts: readonly unknown[], origin: string): void {
  let growth = 1;
  for (const part of allParts(parts)) {
    if (part instanceof RegExp) requireTame(part, origin);
    const { pattern, content } = (part as { config?: { pattern?: unknown; content?: unknown } }).config ?? {};
    if (pattern === undefined || typeof content !== "string") continue;
    requires(
      !/\$[&`'<\d]/.test(content),
      "BAD_MODEL",
      () => `${origin}: the replacement ${shown(content)} refers to what it replaces`,
    );
    growth *= Math.max(1, content.length);
    requires(growth <= MAX_GROWTH, "BAD_MODEL", () => `${origin}: its replacements make texts ${growth} times longer`);
  }
}

/** Everything that hangs below, each once. */
function allParts(roots: readonly unknown[]): Set<object> {
  const found = new Set<object>();
  const waiting = [...roots];
  while (waiting.length > 0) {
    const part = waiting.pop();
    const isPart = (typeof part === "object" && part !== null) || typeof part === "function";
    if (!isPart || found.has(part)) continue;
    found.add(part);
    waiting.push(...Object.values(part));
  }
  return found;
}

function requireTame({ source }: RegExp, origin: string): void {
  let pattern: AST.Pattern;
  try {
    pattern = new RegExpParser().parsePattern(source, undefined, undefined, { unicode: true });
  } catch (cause) {
    throw new VqganClipError("BAD_MODEL", `${origin}: its pattern ${shown(source)} is not understood`, undefined, {
      cause,
    });
  }
  const ways = pattern.alternatives.map(waysThrough);
  requires(
    ways.every(({ repetitions, choices }) => repetitions <= MAX_REPETITIONS && choices <= MAX_CHOICES),
    "BAD_MODEL",
    () => `${origin}: its pattern ${shown(source)} could take for ever on some texts`,
    "a tokenizer needs no repetitions within repetitions, and few in a row; use the model's own tokenizer.json",
  );
}

interface Ways {
  readonly repetitions: number;
  readonly choices: number;
  /** Whether anything in it counts: even `((a{1000}){1000}){1000}` is long to compile. */
  readonly counts: number;
}

const ENDLESS: Ways = { repetitions: Number.POSITIVE_INFINITY, choices: 0, counts: 1 };

function waysThrough(part: AST.Alternative | AST.Element): Ways {
  switch (part.type) {
    case "Alternative":
      return sum(part.elements.map(waysThrough));
    case "Quantifier": {
      const inner = waysThrough(part.element);
      if (part.max === 1) return sum([inner, { repetitions: 0, choices: 1, counts: 1 }]);
      if (inner.choices + inner.counts > 0) return ENDLESS;
      return { repetitions: part.min === part.max ? 0 : 1, choices: 0, counts: 1 };
    }
    case "Backreference":
      return ENDLESS;
    case "Group":
    case "CapturingGroup":
      return between(part.alternatives);
    case "Assertion":
      return "alternatives" in part ? between(part.alternatives) : sum([]);
    default:
      return sum([]);
  }
}

/** A choice between several is one more. */
function between(alternatives: readonly AST.Alternative[]): Ways {
  const choices = alternatives.length > 1 ? 1 : 0;
  return sum([...alternatives.map(waysThrough), { repetitions: 0, choices, counts: 0 }]);
}

function sum(parts: readonly Ways[]): Ways {
  const total = (name: keyof Ways) => parts.reduce((sum, ways) => sum + ways[name], 0);
  return { repetitions: total("repetitions"), choices: total("choices"), counts: total("counts") };
}
