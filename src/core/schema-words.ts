/** What a schema refuses, in our own words: "expected a number from 1, got 0". */
import type * as z from "zod";

type Issue = z.core.$ZodRawIssue;

/** For `safeParse(value, { error: inWords })`; messages of the schema itself come first. */
export function inWords(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${kinds[issue.expected] ?? issue.expected}`;
    case "too_small":
      return bounded(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum);
    case "too_big":
      return bounded(issue.origin, issue.inclusive === false ? "less than" : "at most", issue.maximum);
    case "invalid_value":
      return `expected ${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}`;
    case "not_multiple_of":
      return `expected a multiple of ${issue.divisor}`;
    case "unrecognized_keys":
      return `there is no ${issue.keys.map((key) => `"${key}"`).join(", ")}`;
    case "invalid_union":
      return "expected another form";
    default:
      return "it does not fit";
  }
}

const kinds: Readonly<Record<string, string>> = {
  number: "a number",
  int: "a whole number",
  string: "a text",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};

function bounded(origin: string, relation: string, bound: number | bigint): string {
  const of = origin === "string" ? " characters" : origin === "array" ? " entries" : "";
  return `expected ${relation} ${bound}${of}`;
}
