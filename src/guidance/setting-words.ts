/** What a setting takes, in words: for the command line's help and for the types' documentation. */
import type * as z from "zod";

/** `a|b|c` */
export function choices(schema: z.ZodEnum): string {
  return schema.options.join("|");
}

/** `a whole number from 1 to 4096`, or an even one */
export function range(schema: z.ZodNumber): string {
  const [low, high] = [schema.minValue, schema.maxValue];
  const from =
    low === null || low === Number.NEGATIVE_INFINITY
      ? ""
      : schema.safeParse(low).success
        ? ` from ${low}`
        : ` above ${low}`;
  const to = high === null || high >= Number.MAX_SAFE_INTEGER ? "" : ` to ${high}`;
  if (schema.format !== "safeint") return `a number${from}${to}`;
  return `${isEven(schema) ? "an even" : "a whole"} number${from}${to}`;
}

/** Whether a schema of whole numbers takes every other one alone. */
function isEven(schema: z.ZodNumber): boolean {
  const low = 2 * Math.ceil((schema.minValue ?? 0) / 2);
  return schema.safeParse(low + 2).success && !schema.safeParse(low + 1).success;
}
