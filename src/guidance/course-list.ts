/** Courses of settings as people write them on one line: `zoom=1->1.1,learning-rate=0.2@0->0.05@80%`, or `none`. */
import { requires } from "../core/errors.js";
import { parseKeyframes, WEIGHT_FORM } from "../prompts/weight.js";
import { type CourseName, courseNames } from "./courses.js";
import type { Settings } from "./settings-type.js";

const written = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const named = new Map<string, CourseName>(
  courseNames.flatMap((name) => [[name, name] as const, [written(name), name] as const]),
);

/** The settings that may have one, as the command line writes them. */
export const courseWords: readonly string[] = courseNames.map(written);

/** @throws BAD_ARGUMENT naming the entry and what may be written */
export function parseCourses(source: string): Settings["courses"] {
  if (source.trim() === "none") return [];
  return source.split(",").map((entry) => {
    const [, name = "", values = ""] = /^([^=]*)=(.*)$/s.exec(entry.trim()) ?? [];
    const of = named.get(name.trim());
    requires(
      of !== undefined,
      "BAD_ARGUMENT",
      () => `course: "${entry.trim()}" is of no setting that has one`,
      `write name=keyframes, the name one of ${courseWords.join(", ")}`,
    );
    requires(
      parseKeyframes(values.trim()) !== undefined,
      "BAD_ARGUMENT",
      () => `course: "${values.trim()}" is none for ${written(of)}`,
      `write ${WEIGHT_FORM}; with --music of video a formula, such as 1+beat*0.05`,
    );
    return { of, values: values.trim() };
  });
}
