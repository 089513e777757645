/** What a setting takes, in words: for the command line's help and for the types' documentation. */
import type * as z from "zod";

/** `a|b|c` */
export function choices(schema: z.ZodEnum): string {
  return schema.options.join("|");
}

/** `a whole number from 1 to 4096` */
export function range(schema: z.ZodNumber): string {
  const [low, high] = [schema.minValue, schema.maxValue];
  const from =
    low === null || low === Number.NEGATIVE_INFINITY
      ? ""
      : schema.safeParse(low).success
        ? ` from ${low}`
        : ` above ${low}`;
  const to = high === null || high >= Number.MAX_SAFE_INTEGER ? "" : ` to ${high}`;
  return `a ${schema.format === "safeint" ? "whole " : ""}number${from}${to}`;
}
