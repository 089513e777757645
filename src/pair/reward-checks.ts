/** Whether the rewards that settings ask for are there, and whether who judges is fit to. */
import { requires } from "../core/errors.js";
import { requireOneJudge } from "../guidance/run-judge.js";
import type { RunModels } from "../guidance/run-state.js";
import type { Settings } from "../guidance/settings.js";
import type { Perceptor } from "../models/perceptor.js";
import { seerOf } from "../models/reward.js";
import { perceptorsOf } from "../perception/ensemble.js";
import { readsPrompts, rewardModel, rewardText } from "../perception/rewards.js";
import type { Notice } from "./options.js";

/** @throws BAD_ARGUMENT when a reward has no model, or no texts that it could compare with, or there are two judges */
export function checkRewards(models: RunModels, settings: Settings): void {
  requireOneJudge(models, settings);
  for (const reward of namesIn(settings)) {
    if (reward.kind === "model") rewardModel(models, reward);
    requires(
      settings.prompts !== "" || !readsPrompts(models, reward),
      "BAD_ARGUMENT",
      () => `reward: ${rewardText(reward)} compares pictures with texts, and there are none`,
      "add a text prompt, or leave it out",
    );
  }
}

function namesIn({ rewards, judgeReward }: Settings) {
  return [...rewards, ...(judgeReward ? [judgeReward] : [])];
}

/**
 * A judge that is one of the losses sees no better than they do: the same reward, or the same encoder comparing with the
 * same texts.
 */
export async function judgeNotices(models: RunModels, settings: Settings): Promise<readonly Notice[]> {
  const { judgeReward } = settings;
  const climbed = settings.rewards.filter(({ weight }) => weight !== 0);
  const telling = (judge: string): Notice[] => [{ kind: "judge-in-loss", judge }];
  if (judgeReward && climbed.some((reward) => rewardText(reward) === rewardText(judgeReward))) {
    return telling(rewardText(judgeReward));
  }
  const judge = judgeReward && readsPrompts(models, judgeReward) ? readerOf(models, judgeReward) : models.judge;
  if (!judge) return [];
  const comparing = [
    ...(settings.prompts === "" ? [] : perceptorsOf(models)),
    ...climbed.filter((reward) => readsPrompts(models, reward)).flatMap((reward) => readerOf(models, reward) ?? []),
  ];
  for (const other of comparing) if (await isSame(judge, other)) return telling(judge.name);
  return [];
}

/** A model, as its files tell it. */
type Told = Pick<Perceptor, "name" | "files">;

function readerOf(models: RunModels, reward: NonNullable<Settings["judgeReward"]>): Told | undefined {
  return reward.kind === "model" ? seerOf(rewardModel(models, reward)) : undefined;
}

/** Whether two of them are of the same weights; files are read only where their sizes agree. */
async function isSame(a: Told, b: Told): Promise<boolean> {
  if (a === b) return true;
  const [[mine], [theirs]] = [a.files, b.files];
  return mine !== undefined && mine.size === theirs?.size && (await mine.sha256()) === (await theirs.sha256());
}
