/** The order of test files where nothing is known of their durations yet: the longest begin first, so that no worker is left with one of them at the end. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** As measured, the longest first; what is not named comes after, as Vitest orders it. */
const LONGEST = [
  "e2e/studio",
  "e2e/browser",
  "e2e/service",
  "fuzz/fuzz",
  "e2e/cli",
  "e2e/sessions",
  "e2e/notebooks",
  "e2e/service-many",
  "e2e/like",
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => place(a) - place(b)); // a stable sort: the rest stays as it is
  }
}

function place({ moduleId }: TestSpecification): number {
  const at = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return at < 0 ? LONGEST.length : at;
}
