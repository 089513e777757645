/** What may differ between the pictures of a grid, its values as they are typed, and the forms that they make. */
import { seedList } from "../../../src/core/seed.js";
import type { Field } from "../settings/schema-fields.js";
import type { Draft } from "../state/draft.js";

/** Something that can be an axis. */
export interface AxisKind {
  readonly name: string;
  readonly label: string;
  readonly isText: boolean;
  /** What stands in the form when it is chosen. */
  readonly proposed: string;
  /** @throws Error that says in words what is expected */
  readonly parse: (values: string) => AxisValue[];
}

export interface AxisValue {
  readonly label: string;
  readonly apply: (draft: Draft) => Draft;
}

export interface Cell {
  readonly draft: Draft;
  /** Name and value of each axis. */
  readonly values: readonly (readonly [string, string])[];
}

export const MOST_CELLS = 36;

/** What the form can vary: seed, steps, words and weights of its prompts, presets, and every plain setting. */
export function axisKinds(
  draft: Draft,
  fields: readonly Field[],
  presets: readonly string[],
  known: Known,
): AxisKind[] {
  const first = draft.rows[0];
  const weights = draft.rows.map(({ weight }, i) =>
    numbers(`weight-${i + 1}`, `Weight of prompt ${i + 1}`, aroundWeight(weight), (value) => ({
      apply: (form) => ({ ...form, rows: form.rows.map((row, at) => (at === i ? { ...row, weight: value } : row)) }),
    })),
  );
  return [
    { name: "seed", label: "Seed", isText: false, proposed: "1..4", parse: parseSeeds },
    { name: "words", label: "Words of prompt 1", isText: true, proposed: first?.text ?? "", parse: parseWords },
    ...weights,
    numbers(
      "steps",
      "Steps",
      around(Number(draft.steps || known.steps)),
      (value) => ({
        apply: (form) => ({ ...form, steps: String(value) }),
      }),
      { min: 0, step: 1 },
    ),
    choices("preset", "Preset", presets, (value) => (form) => ({ ...form, preset: value })),
    ...fields.flatMap((field) => kindOf(field, known)),
  ];
}

type Known = Readonly<Record<string, unknown>>;

function kindOf(field: Field, known: Known): AxisKind[] {
  const { name, label } = field;
  const become = (value: unknown) => (form: Draft) => ({ ...form, advanced: { ...form.advanced, [name]: value } });
  if (field.kind === "choice") return [choices(name, label, field.choices, become)];
  if (field.kind === "switch") return [choices(name, label, ["on", "off"], (value) => become(value === "on"))];
  if (field.kind !== "number") return [];
  return [numbers(name, label, around(Number(known[name])), (value) => ({ apply: become(value) }), field)];
}

interface Limits {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly step?: number | "any";
}

function numbers(
  name: string,
  label: string,
  proposed: string,
  made: (value: number) => Pick<AxisValue, "apply">,
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, step = "any" }: Limits = {},
): AxisKind {
  const parse = (values: string) =>
    parted(values).map((text) => {
      const value = Number(text);
      if (Number.isNaN(value) || value < min || value > max || (step === 1 && !Number.isInteger(value)))
        throw new Error(`${text} is no ${step === 1 ? "whole number" : "number"}${rangeWords(min, max)}.`);
      return { label: text, ...made(value) };
    });
  return { name, label, isText: false, proposed, parse };
}

const rangeWords = (min: number, max: number) =>
  Number.isFinite(max) ? ` from ${min} to ${max}` : Number.isFinite(min) ? ` of at least ${min}` : "";

function choices(
  name: string,
  label: string,
  known: readonly string[],
  made: (value: string) => AxisValue["apply"],
): AxisKind {
  const parse = (values: string) =>
    parted(values).map((text) => {
      if (!known.includes(text)) throw new Error(`There is no ${text}: ${known.join(", ")}.`);
      return { label: text, apply: made(text) };
    });
  return { name, label, isText: false, proposed: known.join(", "), parse };
}

function parseSeeds(values: string): AxisValue[] {
  const seeds = seedList(values, MOST_CELLS);
  if (!seeds) throw new Error("Seeds are whole numbers: 1..4 or 3, 5, 9.");
  return seeds.map((seed) => ({ label: String(seed), apply: (form) => ({ ...form, seed: String(seed) }) }));
}

function parseWords(values: string): AxisValue[] {
  const lines = values.split("\n").map((line) => line.trim());
  return unlike(lines).map((text) => ({
    label: text,
    apply: (form) => ({ ...form, rows: form.rows.map((row, i) => (i === 0 ? { ...row, text } : row)) }),
  }));
}

const parted = (values: string) => unlike(values.split(/[,;\n]/).map((text) => text.trim()));

function unlike(values: readonly string[]): string[] {
  const given = [...new Set(values.filter((value) => value !== ""))];
  if (given.length < 2) throw new Error("Write at least two different values.");
  return given;
}

const round = (value: number) => String(Number(value.toPrecision(3)));
const around = (value: number) => (value > 0 ? [value / 2, value, value * 2].map(round).join(", ") : "");
const aroundWeight = (weight: number | string) =>
  typeof weight === "number" && weight > 0 ? around(weight) : "0.5, 1, 2";

/**
 * The form of each picture; the first axis runs along the rows.
 *
 * @param seed for all, where seeds are no axis and the form names none
 * @throws Error that says in words what is wrong
 */
export function cellsOf(draft: Draft, kinds: readonly AxisKind[], seed: string): Cell[] {
  const axes = draft.axes.map(({ name, values }) => {
    const kind = kinds.find((each) => each.name === name);
    if (!kind) throw new Error("Choose what is to differ.");
    return { label: kind.label, values: kind.parse(values) };
  });
  if (new Set(axes.map(({ label }) => label)).size < axes.length) throw new Error("The two axes are the same.");
  const plain: Cell = { draft: { ...draft, axes: [], seed: draft.seed || seed }, values: [] };
  const cells = [...axes].reverse().reduce(
    (made, { label, values }) =>
      made.flatMap((cell) =>
        values.map((value) => ({
          draft: value.apply(cell.draft),
          values: [[label, value.label] as const, ...cell.values],
        })),
      ),
    [plain],
  );
  if (cells.length > MOST_CELLS) throw new Error(`${cells.length} pictures are too many: at most ${MOST_CELLS}.`);
  return cells;
}
