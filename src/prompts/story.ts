/** Story mode: prompts in scenes, joined by `^`, that give way to each other over the steps of a run. */
import { type Prompt, textPrompts } from "./prompt.js";
import { followsLength, parseKeyframes, weightAt, weightOf } from "./weight.js";

/** How many scenes prompts have. */
export function sceneCount(prompts: readonly Pick<Prompt, "scene">[]): number {
  return prompts.reduce((most, { scene }) => Math.max(most, scene + 1), 1);
}

/**
 * How much of scene `scene` a step shows, 0..1; over all scenes it adds up to 1. Scenes are equally long. Around the border
 * of two scenes, over `fade` of a scene's length, one rises as the other falls, linearly.
 *
 * @param step steps done
 */
export function sceneShare(scene: number, scenes: number, step: number, steps: number, fade: number): number {
  const time = ((step + 0.5) / steps) * scenes; // 0..scenes: the step's middle
  const begun = (i: number) => {
    if (i === 0) return 1;
    if (i === scenes) return 0;
    return fade === 0 ? Number(time >= i) : Math.min(1, Math.max(0, (time - i) / fade + 0.5));
  };
  return begun(scene) - begun(scene + 1);
}

/** What prompts weigh in a step: their own weight then, times how much of their scene it shows. */
export function weightsAt(prompts: readonly Prompt[], step: number, steps: number, fade: number): number[] {
  const scenes = sceneCount(prompts);
  return prompts.map(
    ({ weight, scene }) => weightAt(weight, step, steps) * sceneShare(scene, scenes, step, steps, fade),
  );
}

/** What a run's settings ask for. */
interface Steered {
  readonly prompts: string;
  readonly targets: readonly Weighted[];
  readonly pictureRegularizers: readonly Weighted[];
  readonly rewards: readonly Weighted[];
  readonly courses: readonly { readonly values: string }[];
}

interface Weighted {
  readonly weight: number | string;
}

/** Whether what is asked for depends on how many steps the run has in all. */
export function changesWithLength(settings: Steered): boolean {
  const prompts = textPrompts(settings);
  const others = [...settings.targets, ...settings.pictureRegularizers, ...settings.rewards];
  const weights = [...prompts.map(({ weight }) => weight), ...others.map(({ weight }) => weightOf(weight))];
  const courses = settings.courses.map(({ values }) => parseKeyframes(values) ?? 0);
  return sceneCount(prompts) > 1 || [...weights, ...courses].some(followsLength);
}
