/** Configurations from outside: checked by a schema, and wrong in one readable line. */
import type * as z from "zod";
import { VqganClipError } from "../core/errors.js";
import { inWords } from "../core/schema-words.js";

/** `value` as `schema` understands it. @throws BAD_MODEL, naming `origin` and the first key that does not fit */
export function parsed<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  origin: string,
  hint?: string,
): z.output<Schema> {
  const result = schema.safeParse(value, { error: inWords });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const key = issue?.path.join(".");
  throw new VqganClipError("BAD_MODEL", `${origin}: ${key ? `${key}: ` : ""}${issue?.message}`, hint);
}
