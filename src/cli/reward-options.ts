/** Options that say which models give the rewards that settings name. */
import { type Command, Option } from "commander";
import { requires } from "../core/errors.js";
import { nearest } from "../core/nearest.js";
import type { RewardChoice } from "../pair/open-rewards.js";
import { publishedRewards } from "../pair/published-rewards.js";
import type { RewardName } from "../perception/rewards.js";

type Flags = Readonly<Record<string, unknown>>;

/** For all commands that open models. */
export function addRewardModelOptions(command: Command): void {
  command
    .addOption(
      listed(
        "--reward-model <name=path>",
        `what --reward names: a head (.pth, .safetensors), a CLIP that scores or ImageReward's folder; several times for several. A name alone is one that models pull got: ${Object.keys(publishedRewards).join(", ")} (default: those of these that --reward names)`,
      ),
    )
    .addOption(
      listed(
        "--reward-clip <name=path>",
        "the CLIP that a head was made for (default: the first --clip with embeddings of its length)",
      ),
    );
}

function listed(flags: string, text: string): Option {
  return new Option(flags, text).argParser((given: string, others: readonly string[] = []) => [...others, given]);
}

/** `rewards` of `fromPretrained`: those that flags give, and the published ones that settings name. @throws BAD_ARGUMENT */
export function rewardModelsFrom(flags: Flags): { rewards?: Readonly<Record<string, RewardChoice<string>>> } {
  const choices: Record<string, RewardChoice<string>> = {};
  for (const [name, path] of [...publishedIn(flags), ...pairsOf("--reward-model", flags.rewardModel)]) {
    const known = isPublished(name) ? publishedRewards[name] : undefined;
    const model = path ?? known?.model;
    requires(
      model,
      "BAD_ARGUMENT",
      () => `--reward-model: ${name} is none of those that were published`,
      `name its file: ${name}=PATH; published: ${Object.keys(publishedRewards).join(", ")}`,
    );
    choices[name] = { ...known, model };
  }
  for (const [name, clip] of pairsOf("--reward-clip", flags.rewardClip)) {
    const choice = choices[name];
    requires(
      choice && clip !== undefined,
      "BAD_ARGUMENT",
      () => `--reward-clip: ${name}${choice ? " has no path" : " is the name of no reward model"}`,
      `write --reward-model ${name}=HEAD --reward-clip ${name}=CLIP`,
    );
    choices[name] = { ...choice, clip };
  }
  return Object.keys(choices).length > 0 ? { rewards: choices } : {};
}

/** The same written out again, for a command that has no --reward of its own. */
export function rewardModelArguments(flags: Flags): string[] {
  const named = (flag: string, given: unknown) =>
    pairsOf(flag, given).flatMap(([name, path]) => [flag, path === undefined ? name : `${name}=${path}`]);
  return [
    ...publishedIn(flags).flatMap(([name]) => ["--reward-model", name]),
    ...named("--reward-model", flags.rewardModel),
    ...named("--reward-clip", flags.rewardClip),
  ];
}

type Pair = readonly [name: string, path: string | undefined];

/** Published reward models that settings name and no flag gives. @throws BAD_ARGUMENT on a name that is neither */
function publishedIn({ reward = [], judgeReward, rewardModel }: Flags): Pair[] {
  const asked = [...(reward as readonly RewardName[]), judgeReward as RewardName | undefined];
  const given = new Set(pairsOf("--reward-model", rewardModel).map(([name]) => name));
  const names = asked.flatMap((each) => (each?.kind === "model" ? [each.name] : []));
  for (const name of names) {
    requires(
      isPublished(name) || given.has(name),
      "BAD_ARGUMENT",
      () => `--reward: no reward model is called "${name}"`,
      `did you mean ${nearest(name, Object.keys(publishedRewards), 1)[0] ?? Object.keys(publishedRewards).join(", ")}? one of yours needs its file: --reward-model ${name}=PATH`,
    );
  }
  return [...new Set(names)].filter((name) => isPublished(name) && !given.has(name)).map((name) => [name, undefined]);
}

/** @throws BAD_ARGUMENT */
function pairsOf(flag: string, given: unknown): Pair[] {
  return ((given ?? []) as readonly string[]).map((text) => {
    const [, name, path] = /^([\w.-]+)(?:=(.+))?$/.exec(text) ?? [];
    requires(name, "BAD_ARGUMENT", () => `${flag}: "${text}" is no name=path`, "write such as aesthetic=head.pth");
    return [name, path];
  });
}

function isPublished(name: string): name is keyof typeof publishedRewards {
  return Object.hasOwn(publishedRewards, name);
}
