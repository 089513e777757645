/** Settings whose numbers change over a run: what of them may, and what they are in a step. */
import * as z from "zod";
import { requires } from "../core/errors.js";
import { parseKeyframes, WEIGHT_FORM, weightAt } from "../prompts/weight.js";
import type { Settings } from "./settings-type.js";

/** Where each stands among the settings: numbers that the step's graph is fed, or that count beside it. */
const places = {
  learningRate: ["learningRate"],
  gradientClip: ["gradientClip"],
  cutPower: ["cutPower"],
  regularizer: ["regularizer", "weight"],
  prior: ["prior", "weight"],
  structure: ["structure"],
  perceptual: ["perceptual"],
  direction: ["direction", "weight"],
  content: ["content"],
  edges: ["edges"],
  zoom: ["motion", "zoom"],
  panX: ["motion", "pan", 0],
  panY: ["motion", "pan", 1],
  rotate: ["motion", "rotate"],
} as const satisfies Readonly<Record<string, readonly (string | number)[]>>;

export type CourseName = keyof typeof places;
export const courseNames = Object.keys(places) as [CourseName, ...CourseName[]];

/** One setting's way through a run. */
export const courseSchema = z.strictObject({
  of: z.enum(courseNames).describe("which setting; of `regularizer`, `prior` and `direction` it is their weight"),
  values: z
    .string()
    .refine((text) => parseKeyframes(text) !== undefined, `expected ${WEIGHT_FORM}`)
    .describe(`what it is: ${WEIGHT_FORM}`),
});

/** Settings as they are in the step that follows `step` done ones: what has a course has its number there. */
export function settingsAt(settings: Settings, step: number): Settings {
  return settings.courses.reduce(
    (all, { of, values }) => placed(all, places[of], weightAt(parseKeyframes(values) ?? 0, step, settings.steps)),
    settings,
  );
}

/** For each course the settings with its least number and with its greatest: bounds that hold for both hold for all. */
export function extremes(settings: Settings): (readonly [CourseName, Settings])[] {
  return settings.courses.flatMap(({ of, values }) => {
    const course = parseKeyframes(values) ?? 0;
    const numbers = typeof course === "number" ? [course] : course.map(({ value }) => value);
    const ends = [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))];
    return ends.map((value) => [of, placed(settings, places[of], value)] as const);
  });
}

/** A copy in which one number is another; as it is, where nothing has that number. */
function placed<Node>(node: Node, [key, ...rest]: readonly (string | number)[], value: number): Node {
  if (key === undefined) return value as Node;
  if (node === null) return node;
  const copy = Array.isArray(node) ? [...node] : { ...node };
  const holder = copy as Record<string | number, unknown>;
  holder[key] = placed(holder[key], rest, value);
  return copy as Node;
}

/** Terms that the graph has only where they count. */
const compiled: readonly string[] = ["prior", "structure", "perceptual", "content", "edges"] satisfies CourseName[];

/** @throws BAD_ARGUMENT where a setting has two courses, or what is to change is not there */
export function requireCourses(settings: Settings): void {
  const seen = new Set<CourseName>();
  for (const { of } of settings.courses) {
    const [whole, ...inner] = places[of];
    requires(!seen.has(of), "BAD_ARGUMENT", () => `courses: ${of} has two`, "leave one out");
    seen.add(of);
    requires(settings[whole] !== null, "BAD_ARGUMENT", () => `courses: ${of} has one, and there is no ${whole}`);
    requires(
      !compiled.includes(of) || numberAt(settings, [whole, ...inner]) > 0,
      "BAD_ARGUMENT",
      () => `courses: ${of} has one and is 0, so nothing of it is computed`,
      `set ${of} to any number above 0`,
    );
  }
}

function numberAt(node: unknown, keys: readonly (string | number)[]): number {
  return keys.reduce((inner, key) => (inner as Record<string | number, unknown>)[key], node) as number;
}
