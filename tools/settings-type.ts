/**
 * Writes `src/guidance/settings-type.ts`, the interface of a run's settings, from their schema: each setting with its text,
 * its range, its default and where that comes from, for editors and `.d.ts`. Run: npm run generate:types
 */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { SEED_FORM } from "../src/core/seed.js";
import { presets } from "../src/guidance/presets.js";
import { choices, range } from "../src/guidance/setting-words.js";
import { settingsSchema } from "../src/guidance/settings.js";

export const settingsTypeFile = fileURLToPath(new URL("../src/guidance/settings-type.ts", import.meta.url));

/** Where settings that no recipe holds come from. */
const elsewhere: Readonly<Record<string, string>> = {
  prompts: "none: a run needs a prompt or a target",
  size: "the model's recommendation, else the generator's own size",
  seed: "drawn, and told",
  generatorPrompt: "null",
};

/** The file's text. */
export function settingsType(): string {
  const fields = Object.entries(settingsSchema.shape).map(([name, schema]) => {
    const recipe = presets.paper as Readonly<Record<string, unknown>>;
    const usual = elsewhere[name] ?? `the model's recommendation, else preset paper's ${written(recipe[name])}`;
    return field(name, schema, usual);
  });
  return `/** Every setting of a run. Generated from the schema in settings.ts by \`npm run generate:types\`: change it there. */
import type { Seed } from "../core/seed.js";

/** Every setting of a run, complete. */
export type Settings = {
${fields.join("\n")}
};
`;
}

function field(name: string, schema: z.ZodType, usual?: string): string {
  const isOptional = schema instanceof z.ZodOptional;
  const words = [sentence(schema.description ?? name), takes(schema)].filter((text) => text !== "").join(": ");
  const given = usual ?? usualOf(schema);
  const doc = `${words}${given === undefined ? "" : ` (default: ${given})`}.`.replaceAll("*/", "* /");
  return `/** ${doc} */\n${name}${isOptional ? "?" : ""}: ${typeOf(schema)};`;
}

function usualOf(schema: z.ZodType): string | undefined {
  return schema instanceof z.ZodDefault ? JSON.stringify(schema.def.defaultValue) : undefined;
}

function written(value: unknown): string {
  return Array.isArray(value) && value.length === 0 ? "none" : JSON.stringify(value);
}

/** The values that may be, where the type does not say. */
function takes(schema: z.ZodType): string {
  if (schema instanceof z.ZodNumber) return range(schema);
  if (schema instanceof z.ZodEnum) return choices(schema);
  if (isSeed(schema)) return SEED_FORM;
  if (schema instanceof z.ZodTuple)
    return [...new Set(schema.def.items.map((item) => takes(item as z.ZodType)))].join(", ");
  if (schema instanceof z.ZodArray) {
    const { minItems = 0, maxItems } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
    const each = schema.element instanceof z.ZodNumber ? `, ${takes(schema.element)} each` : "";
    return `${minItems} to ${maxItems} of them${each}`;
  }
  const isWrapped =
    schema instanceof z.ZodNullable || schema instanceof z.ZodOptional || schema instanceof z.ZodDefault;
  return isWrapped ? takes(schema.unwrap() as z.ZodType) : "";
}

function typeOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodNumber) return "number";
  if (schema instanceof z.ZodString) return "string";
  if (isSeed(schema)) return "Seed";
  if (schema instanceof z.ZodBoolean) return "boolean";
  if (schema instanceof z.ZodEnum) return schema.options.map((option) => JSON.stringify(option)).join(" | ");
  if (schema instanceof z.ZodLiteral) return JSON.stringify(schema.value);
  if (schema instanceof z.ZodArray) return `(${typeOf(schema.element as z.ZodType)})[]`;
  if (schema instanceof z.ZodTuple) return `[${schema.def.items.map((item) => typeOf(item as z.ZodType)).join(", ")}]`;
  if (schema instanceof z.ZodUnion) return schema.options.map((option) => typeOf(option as z.ZodType)).join(" | ");
  if (schema instanceof z.ZodNullable) return `${typeOf(schema.unwrap() as z.ZodType)} | null`;
  if (schema instanceof z.ZodOptional) return `${typeOf(schema.unwrap() as z.ZodType)} | undefined`;
  if (schema instanceof z.ZodDefault) return typeOf(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodObject) {
    const fields = Object.entries(schema.shape).map(([name, inner]) =>
      inner instanceof z.ZodLiteral ? `${name}: ${typeOf(inner)};` : field(name, inner as z.ZodType),
    );
    return `{\n${fields.join("\n")}\n}`;
  }
  throw new Error(`settings-type: no type is known for a ${schema.def.type}`);
}

/** Seeds are the only settings that their schema brings to another form. */
const isSeed = (schema: z.ZodType): boolean => schema instanceof z.ZodPipe;

const sentence = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(settingsTypeFile, settingsType());
