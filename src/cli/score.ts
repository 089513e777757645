/** `vqgan-clip score`: how well prompts fit a picture. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { requires, VqganClipError } from "../core/errors.js";
import { parseRewardName, REWARD_FORM } from "../guidance/reward-list.js";
import type { RewardOptions } from "../pair/models.js";
import { noticeText } from "../pair/notice-text.js";
import { type RewardName, type RewardValue, readsPrompts, rewardText } from "../perception/rewards.js";
import { plainPrompt } from "../prompts/prompt.js";
import type { ModelIdentity } from "../sessions/model-identity.js";
import type { VqganClip } from "../vqgan-clip.js";
import { addModelOptions, addPerceptorWeights, modelFrom } from "./options.js";
import { remark, tell, tellJson } from "./terminal.js";

export function addScore(program: Command): void {
  const command = program
    .command("score")
    .description(
      "Ranks prompts by how near the perceptor finds them to a picture: cosine and squared spherical distance; the weighted means of several --clip.",
    )
    .argument("<picture>", "the picture")
    .argument("[prompts...]", "plain texts, without weights")
    .addOption(
      new Option(
        "--reward <list>",
        `rewards of the picture in their makers' units: ${REWARD_FORM}, several joined by | (default: none); those that compare with texts are told for each prompt`,
      ).argParser(namesFrom),
    )
    .option("--quiet", "no notes (default: notes on stderr)")
    .option("--json", "one JSON object (default: a table)");
  addPerceptorWeights(addModelOptions(command)).action(score);
}

interface ScoreFlags extends Readonly<Record<string, unknown>> {
  readonly perceptorWeights?: readonly number[];
  readonly reward?: readonly RewardName[];
}

/** A picture is scored, not steered: nothing weighs here. */
function namesFrom(text: string): RewardName[] {
  try {
    return text.split(/(?<!\\)\|/).map(parseRewardName);
  } catch (error) {
    if (!(error instanceof VqganClipError)) throw error;
    throw new InvalidArgumentError(`${error.message}; ${error.hint}`);
  }
}

async function score(picture: string, prompts: readonly string[], flags: ScoreFlags): Promise<void> {
  if (prompts.some((prompt) => prompt.trim() === "")) {
    throw new VqganClipError("BAD_PROMPT", "score: a prompt is empty", 'write what to look for, such as "a red apple"');
  }
  const { perceptorWeights, reward: names = [] } = flags;
  requires(
    prompts.length + names.length > 0,
    "BAD_PROMPT",
    () => "score: nothing to score by",
    "write prompts, or --reward",
  );
  const { VqganClip: Engine } = await import("../vqgan-clip.js"); // the engine is loaded when it is needed
  const vq = await Engine.fromPretrained({
    ...modelFrom(flags),
    onNotice: (notice) => flags.quiet || remark(noticeText(notice)),
  });
  const weights = perceptorWeights && { perceptorWeights };
  const scores = prompts.length > 0 ? await vq.score(picture, prompts, { ...weights }) : [];
  const rewards = await rewardsOf(vq, picture, prompts, names, { ...weights });
  if (flags.json) {
    tellJson({ models: await lookersIn(vq), scores, ...(names.length > 0 && { rewards }) });
    return;
  }
  for (const { reward, value, prompt } of rewards) {
    tell(`${reward} ${value.toFixed(4)}${prompt === undefined ? "" : `  ${prompt}`}`);
  }
  if (scores.length > 0) tell("cosine  distance  prompt");
  for (const { prompt, cosine, distance } of scores) {
    tell(`${cosine.toFixed(4).padStart(6)}  ${distance.toFixed(4).padStart(8)}  ${prompt}`);
  }
}

/** Each reward; what compares with texts, for each of them alone. */
async function rewardsOf(
  vq: VqganClip,
  picture: string,
  prompts: readonly string[],
  names: readonly RewardName[],
  options: RewardOptions,
): Promise<(RewardValue & { readonly prompt?: string })[]> {
  const values: (RewardValue & { readonly prompt?: string })[] = [];
  for (const name of names) {
    const texts = readsPrompts(vq, name) ? prompts.map(plainPrompt) : [undefined];
    requires(
      texts.length > 0,
      "BAD_PROMPT",
      () => `score: ${rewardText(name)} compares pictures with texts, and there are none`,
      "write what the picture is to show",
    );
    for (const [i, text] of texts.entries()) {
      const told = text === undefined ? {} : { prompt: prompts[i] as string };
      const [value] = await vq.reward(picture, [name], { ...options, ...(text !== undefined && { prompts: text }) });
      values.push({ ...(value as RewardValue), ...told });
    }
  }
  return values;
}

/** Who looked, reward models too. */
async function lookersIn(vq: VqganClip): Promise<ModelIdentity[]> {
  return (await vq.identities()).filter(({ role }) => role === "perceptor" || role === "reward");
}

/** Who looked: names and sha256, in the order of `--clip`. */
export async function perceptorsIn(vq: VqganClip): Promise<ModelIdentity[]> {
  return (await vq.identities()).filter(({ role }) => role === "perceptor");
}
