/** Lists of entries of several kinds as people write them on one line: `hflip,affine:30,noise:0.1`. */
import * as z from "zod";
import { VqganClipError } from "../core/errors.js";
import { inWords } from "../core/schema-words.js";

type KindSchema = z.ZodObject<{ kind: z.ZodLiteral<string> } & Record<string, z.ZodType>>;

/** How one setting is written. */
export interface KindList<Entry> {
  /** What messages begin with. */
  readonly name: string;
  /** What an entry is, with its article. */
  readonly noun: string;
  readonly schema: z.ZodDiscriminatedUnion<readonly [KindSchema, ...KindSchema[]]> & z.ZodType<Entry>;
  /** What may be written instead of a list. */
  readonly instead: string;
  /** Values of a kind that may be left out. */
  readonly usual: (kind: string) => Readonly<Record<string, unknown>>;
}

/** Each kind's fields in order, without `kind`. */
function fieldsOf<Entry>({ schema }: KindList<Entry>): Map<string, Readonly<Record<string, z.ZodType>>> {
  return new Map(
    schema.options.map(({ shape: { kind, ...fields } }) => [kind.value, fields as Readonly<Record<string, z.ZodType>>]),
  );
}

/** `affine:degrees:translate:shear:p` and so on: what may be written for each kind. */
export function formsOf<Entry>(list: KindList<Entry>): string[] {
  return [...fieldsOf(list)].map(([kind, fields]) => [kind, ...Object.keys(fields)].join(":"));
}

/**
 * Values follow the kind in the order of its fields, or by name (`affine:30:p=1`).
 *
 * @throws BAD_ARGUMENT naming the entry and what may be written
 */
export function parseKinds<Entry>(list: KindList<Entry>, text: string): Entry[] {
  return text.split(",").map((entry) => parseEntry(list, entry.trim()));
}

function parseEntry<Entry>(list: KindList<Entry>, entry: string): Entry {
  const kinds = fieldsOf(list);
  const [kind = "", ...values] = entry.split(":").map((part) => part.trim());
  const fields = kinds.get(kind);
  if (!fields) {
    throw new VqganClipError(
      "BAD_ARGUMENT",
      `${list.name}: "${kind}" is no ${list.noun}`,
      `write ${list.instead}, or a list of ${[...kinds.keys()].join(", ")}`,
    );
  }
  const names = Object.keys(fields);
  const chosen: Record<string, unknown> = { kind, ...list.usual(kind) };
  values.forEach((value, i) => {
    const [, name = names[i], text = ""] = /^(?:([a-zA-Z]+)=)?(.*)$/.exec(value) ?? [];
    const field = name === undefined ? undefined : fields[name];
    const parsed = field?.safeParse(fromText(field, text), { error: inWords });
    if (name === undefined || !parsed?.success) {
      const why = parsed?.error?.issues[0]?.message;
      throw new VqganClipError(
        "BAD_ARGUMENT",
        `${list.name}: "${value}" in "${entry}" is no value of ${kind}${why ? `: ${why}` : ""}`,
        `write ${[kind, ...names].join(":")}`,
      );
    }
    chosen[name] = parsed.data;
  });
  const parsed = list.schema.safeParse(chosen, { error: inWords });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new VqganClipError(
      "BAD_ARGUMENT",
      `${list.name}: "${entry}": ${issue?.path.join(".")}: ${issue?.message}`,
      `write ${[kind, ...names].join(":")}`,
    );
  }
  return parsed.data;
}

function fromText(field: z.ZodType, text: string): unknown {
  if (field instanceof z.ZodArray) return text.split("+").map((part) => part.trim());
  if (field.safeParse(text).success) return text; // a colour may look like a number: 336699, 12e003
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}
