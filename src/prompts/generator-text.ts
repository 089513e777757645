/** What a generator that reads texts is told to draw: its own text, or what the prompts of a scene ask for. */
import { textPrompts } from "./prompt.js";
import { sceneCount, sceneShare } from "./story.js";
import { strongest } from "./weight.js";

/** What of a run's settings decides it. */
interface Asked {
  readonly prompts: string;
  /** null: the prompts that attract, joined by commas */
  readonly generatorPrompt: string | null;
}

/** One text for each scene; one for all where the generator has its own. */
export function generatorTexts({ prompts, generatorPrompt }: Asked): readonly string[] {
  if (generatorPrompt !== null) return [generatorPrompt];
  const all = textPrompts({ prompts });
  return Array.from({ length: sceneCount(all) }, (_, of) => {
    const attracting = all.filter(({ scene, weight }) => scene === of && strongest(weight) > 0);
    return attracting.map(({ text }) => text).join(", ");
  });
}

/** Which of `scenes` a step shows most of; the earlier of equals. */
export function mainScene(scenes: number, step: number, steps: number): number {
  const shares = Array.from({ length: scenes }, (_, i) => sceneShare(i, scenes, Math.min(step, steps - 1), steps, 0));
  return Math.max(0, shares.indexOf(Math.max(...shares)));
}
