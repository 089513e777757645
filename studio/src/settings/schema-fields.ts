/** The fields of the form, made from the JSON schema of the settings. */

import type { Schema } from "../api/types.js";
import { capitalised } from "../shell/format.js";

export type Field = {
  readonly name: string;
  readonly label: string;
  readonly description: string;
} & (
  | {
      readonly kind: "number";
      readonly min: number | undefined;
      readonly max: number | undefined;
      readonly step: number | "any";
    }
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | { readonly kind: "switch" }
  | { readonly kind: "text" }
  | { readonly kind: "group"; readonly fields: readonly Field[] }
  /** What has no simpler form: written as JSON. */
  | { readonly kind: "json" }
);

/** `learningRate` as "Learning rate". */
export function labelOf(name: string): string {
  return capitalised(name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase());
}

const sides: Readonly<Record<string, string>> = { "size.0": "Width", "size.1": "Height" };

/** A refusal as the form calls its fields: `learningRate: expected ...` as "Learning rate: expected ...". */
export function inFormsWords(refusal: string, { properties = {} }: Schema): string {
  const [, path = "", name = ""] = /^(([A-Za-z]+)(?:\.\d+)?): /.exec(refusal) ?? [];
  if (!(name in properties)) return refusal;
  return (sides[path] ?? labelOf(name)) + refusal.slice(path.length);
}

export function fieldOf(name: string, schema: Schema): Field {
  const about = { name, label: labelOf(name), description: schema.description ?? "" };
  if (schema.enum) return { ...about, kind: "choice", choices: schema.enum };
  switch (schema.type) {
    case "boolean":
      return { ...about, kind: "switch" };
    case "string":
      return { ...about, kind: "text" };
    case "integer":
    case "number": {
      const step = schema.type === "integer" ? 1 : "any";
      return { ...about, kind: "number", min: schema.minimum ?? schema.exclusiveMinimum, max: schema.maximum, step };
    }
    case "object": {
      const fields = fieldsOf(schema);
      const isPlain = fields.length > 0 && fields.every(({ kind }) => kind !== "json" && kind !== "group");
      return isPlain ? { ...about, kind: "group", fields } : { ...about, kind: "json" };
    }
    default:
      return { ...about, kind: "json" };
  }
}

/** @param without names that have a place of their own */
export function fieldsOf(schema: Schema, without: readonly string[] = []): Field[] {
  const entries = Object.entries(schema.properties ?? {}).filter(([name]) => !without.includes(name));
  return entries.map(([name, property]) => fieldOf(name, property));
}
