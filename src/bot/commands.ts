/** The slash command as Discord lists it, and what somebody asked for by it. */
import * as z from "zod";
import type { Command } from "./interaction.js";

/** Discord's types of options. */
const [TEXT, WHOLE_NUMBER] = [3, 4];
export const MOST_PROMPT = 1000;
/** What Discord's whole numbers hold. */
const MOST_SEED = 2 ** 53 - 1;

export interface Limits {
  /** Steps that somebody may ask for. */
  readonly maxSteps: number;
}

export function commandsFor({ maxSteps }: Limits): object[] {
  return [
    {
      name: "imagine",
      description: "A picture from words",
      options: [
        {
          type: TEXT,
          name: "prompt",
          description: "What to see: a castle | a watercolour:0.5",
          required: true,
          min_length: 1,
          max_length: MOST_PROMPT,
        },
        { type: WHOLE_NUMBER, name: "steps", description: "More take longer", min_value: 1, max_value: maxSteps },
        {
          type: WHOLE_NUMBER,
          name: "seed",
          description: "The same seed and words give the same picture",
          min_value: 0,
          max_value: MOST_SEED,
        },
      ],
    },
  ];
}

export interface Asked {
  readonly prompts: string;
  readonly steps?: number | undefined;
  readonly seed?: number | undefined;
}

/** @returns what was asked for, or a line that says what is wrong with it: Discord checks too, but need not be trusted */
export function askedBy({ data }: Command, { maxSteps }: Limits): Asked | string {
  if (data.name !== "imagine") return "There is no such command.";
  const { prompt, ...numbers } = Object.fromEntries(data.options.map(({ name, value }) => [name, value]));
  const words = z.string().trim().min(1).max(MOST_PROMPT).safeParse(prompt);
  if (!words.success) return `The prompt has to have 1 to ${MOST_PROMPT} characters.`;
  const steps = z.int().min(1).max(maxSteps).optional().safeParse(numbers.steps);
  if (!steps.success) return `Steps: a whole number from 1 to ${maxSteps}.`;
  const seed = z.int().min(0).max(MOST_SEED).optional().safeParse(numbers.seed);
  if (!seed.success) return `Seed: a whole number from 0 to ${MOST_SEED}.`;
  return { prompts: words.data, steps: steps.data, seed: seed.data };
}
