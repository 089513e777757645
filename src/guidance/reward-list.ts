/** Rewards as people write them on one line: `aesthetic:0.1 | calm <-> tense:0.5 | vad/valence`, or `none`. */
import { requires } from "../core/errors.js";
import type { RewardName } from "../perception/rewards.js";
import { parsePrompt } from "../prompts/prompt.js";
import { weightSetting } from "../prompts/weight.js";
import type { Settings } from "./settings.js";

/** What may be written for one reward. */
export const REWARD_FORM = "name, name/output or a text <-> another text";

/** Each with its weight after a colon, 1 without it. @throws BAD_ARGUMENT, BAD_PROMPT naming the entry and what may be written */
export function parseRewards(source: string): Settings["rewards"] {
  const text = source.trim();
  if (text === "none") return [];
  return text.split(/(?<!\\)\|/).map((entry) => {
    const [, watched] = /^(.*):\s*0(?:\.0*)?\s*$/.exec(entry) ?? [];
    if (watched !== undefined) return { ...parseRewardName(watched), weight: 0 };
    const { text: name, weight, stop } = parsePrompt(entry);
    requires(
      stop === Number.NEGATIVE_INFINITY,
      "BAD_ARGUMENT",
      () => `reward: "${entry.trim()}": a reward has no stop`,
      `write ${REWARD_FORM}, and :weight`,
    );
    return { ...parseRewardName(name), weight: weightSetting(weight) };
  });
}

/** Without a weight. @throws BAD_ARGUMENT */
export function parseRewardName(source: string): RewardName {
  const sides = source.split("<->").map((side) => side.trim());
  const [from = "", to = ""] = sides;
  if (sides.length === 2 && from !== "" && to !== "") return { kind: "axis", from, to };
  const [, name, output] = /^([\w.-]+)(?:\/([\w-]+))?$/.exec(source.trim()) ?? [];
  requires(name, "BAD_ARGUMENT", () => `reward: "${source.trim()}" is none`, `write ${REWARD_FORM}`);
  return { kind: "model", name, output: output ?? null };
}
