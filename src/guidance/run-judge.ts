/** Who picks the result of a run: its judge, or a reward in the judge's place. */
import { requires } from "../core/errors.js";
import { Judge, type PictureJudge } from "../perception/judge.js";
import { RewardLook } from "../perception/reward-look.js";
import type { Prompt } from "../prompts/prompt.js";
import type { CompileOptions } from "../runtime/program.js";
import type { RunModels } from "./run-state.js";
import type { Settings } from "./settings.js";

/** @throws BAD_ARGUMENT when there are two, or its texts are wanting */
export async function judgeOf(
  { judge, ...models }: RunModels,
  settings: Settings,
  prompts: readonly Prompt[],
  options: CompileOptions,
): Promise<PictureJudge | undefined> {
  const { judgeReward } = settings;
  requireOneJudge({ judge }, settings);
  if (judgeReward) return RewardLook.of(models, [judgeReward], prompts, settings, options);
  return judge && Judge.of(judge, settings, options);
}

/** @throws BAD_ARGUMENT when there are two */
export function requireOneJudge(
  { judge }: Pick<RunModels, "judge">,
  { judgeReward }: Pick<Settings, "judgeReward">,
): void {
  requires(
    !judge || !judgeReward,
    "BAD_ARGUMENT",
    () => `judgeReward: ${judge?.name} is the judge already, and one picks the result`,
    "leave judgeReward out, or the judge",
  );
}
