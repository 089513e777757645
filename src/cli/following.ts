/** Options of `video` whose numbers may be formulas of a sound: they wait as they were written until it is known. */
import { requires } from "../core/errors.js";
import type { SettingsRequest } from "../guidance/resolve-settings.js";
import type { SettingName } from "../guidance/settings.js";
import type { TargetRequest } from "../pair/requests.js";
import { type Following, withoutFormulas } from "../sound/follow.js";
import { namesTrack } from "../sound/formula.js";
import { parseSetting } from "./options.js";

/** Puts keyframes, or a plain number, in the place of a text's formulas. */
export type Replace = (text: string, following: Following) => string;

const flags = { courses: "--course", pictureRegularizers: "--regularize", rewards: "--reward" } as const;
type Kept = keyof typeof flags;
const isKept = (name: SettingName): name is Kept => Object.hasOwn(flags, name);

export class FollowingSettings {
  private readonly texts = new Map<Kept, string>();

  /** A setting from its text, with 1 for formulas. @throws InvalidArgumentError saying what it takes, BAD_ARGUMENT on a wrong formula */
  read(name: SettingName, text: string): unknown {
    if (!isKept(name)) return parseSetting(name, text);
    const plain = withoutFormulas(text, name);
    this.texts.delete(name);
    if (plain !== text) this.texts.set(name, text);
    return parseSetting(name, plain);
  }

  /** Those that hold formulas, with these replaced. */
  replaced(replace: Replace): Pick<SettingsRequest, Kept> {
    return Object.fromEntries([...this.texts].map(([name, text]) => [name, parseSetting(name, replace(text, name))]));
  }

  /** @throws BAD_ARGUMENT where something follows a sound that is not there */
  requireNone(targets: readonly TargetRequest<string>[]): void {
    const [[name, text] = []] = this.texts;
    const weight = targets.map((target) => target.weight).find(isFormula);
    requires(
      name === undefined && weight === undefined,
      "BAD_ARGUMENT",
      () => `${name ? flags[name] : "--image-prompt"}: "${text ?? weight}" follows a sound, and there is none`,
      "name it by --music",
    );
  }
}

/** Targets with their formulas replaced. */
export function followedTargets(targets: readonly TargetRequest<string>[], replace: Replace): TargetRequest<string>[] {
  return targets.map((target) => {
    const { weight } = target;
    return isFormula(weight) ? { ...target, weight: replace(`:${weight}`, "prompts").slice(1) } : target;
  });
}

function isFormula(weight: number | string | undefined): weight is string {
  return typeof weight === "string" && namesTrack(weight);
}
