/** The order of test files of which most clones know no durations yet: the longest begin first, so that no worker is left with one of them at the end. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The longest, as measured; the two that drive a browser do not begin together. What is not named comes after, as Vitest orders it. */
const LONGEST = [
  "e2e/studio",
  "fuzz/fuzz",
  "e2e/service",
  "e2e/browser",
  "e2e/sessions",
  "e2e/notebooks",
  "e2e/service-many",
  "e2e/cli",
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
