/** Prompts as rows of a list, and as the one text that settings hold. */
import { type Prompt, parsePrompts } from "../../../src/prompts/prompt.js";
import { weightSetting } from "../../../src/prompts/weight.js";

export interface PromptRow {
  /** Stable while the row exists. */
  readonly id: string;
  readonly text: string;
  /** A number, or keyframes as text. 0 leaves the prompt out. */
  readonly weight: number | string;
  /** The distance below which it stops to count; "" is never, with a field for it in sight. */
  readonly stop?: string;
  readonly scene: number;
}

let made = 0;

export function promptRow(text = "", weight: number | string = 1): PromptRow {
  return { id: `prompt-${++made}`, text, weight, scene: 0 };
}

function rowOf({ text, weight, stop, scene }: Prompt): PromptRow {
  const row = { ...promptRow(text, weightSetting(weight)), scene };
  return Number.isFinite(stop) ? { ...row, stop: String(stop) } : row;
}

/** The rows of `a castle | oil:0.5`; one empty row of an empty text, and one row of a text that is no prompt. */
export function rowsOf(prompts: string): PromptRow[] {
  if (prompts.trim() === "") return [promptRow()];
  try {
    return parsePrompts(prompts).map(rowOf);
  } catch {
    return [promptRow(prompts)];
  }
}

const escaped = (text: string) => text.replace(/[:|^]/g, "\\$&");

function written({ text, weight, stop }: PromptRow): string {
  const numbers = stop ? `:${weight}:${stop}` : weight === 1 ? "" : `:${weight}`;
  return escaped(text.trim()) + numbers;
}

/** The text of the rows; rows without words, and those of weight 0, are left out. */
export function promptsOf(rows: readonly PromptRow[]): string {
  const counted = rows.filter(({ text, weight }) => text.trim() !== "" && weight !== 0);
  const scenes = [...new Set(counted.map(({ scene }) => scene))].sort((a, b) => a - b);
  const sceneText = (scene: number) =>
    counted
      .filter((row) => row.scene === scene)
      .map(written)
      .join(" | ");
  return scenes.map(sceneText).join(" ^ ");
}

/** Rows for `a castle | oil:0.5` typed or pasted into one row. */
export function splitRow(row: PromptRow): PromptRow[] {
  if (!/(?<!\\)[|^]/.test(row.text)) return [row];
  const rows = rowsOf(row.text);
  return rows.length > 1 ? rows : [row];
}
