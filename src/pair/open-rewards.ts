/** From what options name to reward models, opened: heads with the encoders under them, and models that see for themselves. */
import { requires } from "../core/errors.js";
import { requireKnown } from "../core/known-names.js";
import { readClip } from "../models/clip/read.js";
import type { Head } from "../models/head/head.js";
import type { Perceptor } from "../models/perceptor.js";
import { isHeadModel, isJointScorer, readReward } from "../models/read-reward.js";
import type { JointScorer, RewardModel } from "../models/reward.js";
import type { Places } from "./places.js";

/** A reward model to open. @typeParam Address how a platform names a folder or a file */
export interface RewardChoice<Address> {
  /** A head's file (.safetensors, or a state dict of torch), or what scores how well a picture fits its prompts: a CLIP, or ImageReward. */
  readonly model: Address | Head | Perceptor | JointScorer;
  /** The CLIP whose embeddings a head reads (default: the first of the run's own with embeddings of its length). */
  readonly clip?: Address | Perceptor;
  /** What a CLIP's cosines are multiplied by (default: exp(logit_scale) of its file, else 1). */
  readonly scale?: number;
}

/** @throws BAD_ARGUMENT, BAD_MODEL, BAD_FILE, IO_FAILED, ABORTED */
export async function openRewards<Address extends string | URL>(
  choices: Readonly<Record<string, RewardChoice<Address>>>,
  looking: readonly Perceptor[],
  find: Places<Address>["find"],
): Promise<Readonly<Record<string, RewardModel>>> {
  const opened: Record<string, RewardModel> = {};
  for (const [name, choice] of Object.entries(choices)) {
    requireKnown(`rewards: ${name}`, choice, { model: true, clip: true, scale: true });
    opened[name] = await openReward(name, choice, looking, find);
  }
  return opened;
}

async function openReward<Address extends string | URL>(
  name: string,
  { model: given, clip, scale }: RewardChoice<Address>,
  looking: readonly Perceptor[],
  find: Places<Address>["find"],
): Promise<RewardModel> {
  const model = isOwn(given) ? given : await readReward((await find(given, "reward")).place);
  if (!isHeadModel(model)) {
    requires(
      clip === undefined,
      "BAD_ARGUMENT",
      () => `rewards: ${name} sees for itself, and there is no clip to put it on`,
      "leave clip out",
    );
    if (isJointScorer(model)) {
      requires(scale === undefined, "BAD_ARGUMENT", () => `rewards: scale: ${name} has units of its own`);
      return { name, joint: model };
    }
    return { name, perceptor: model, scale: scale ?? (await model.cosineScale?.()) ?? 1 };
  }
  requires(scale === undefined, "BAD_ARGUMENT", () => `rewards: scale: ${name} is a head, and has units of its own`);
  const { embeddingSize } = model;
  const under = clip === undefined ? looking.find((perceptor) => perceptor.embeddingSize === embeddingSize) : undefined;
  const perceptor =
    clip === undefined ? under : isPerceptor(clip) ? clip : await readClip((await find(clip, "CLIP")).place);
  requires(
    perceptor?.embeddingSize === embeddingSize,
    "BAD_ARGUMENT",
    () =>
      `rewards: ${name} reads embeddings of ${embeddingSize} numbers, ${
        perceptor ? `${perceptor.name} gives ${perceptor.embeddingSize}` : "and none of the run's CLIPs gives as many"
      }`,
    "name the CLIP that it was made for: --reward-clip NAME=PATH, in the library clip",
  );
  return { name, perceptor, head: model, scale: 1 };
}

function isOwn(given: string | URL | Head | Perceptor | JointScorer): given is Head | Perceptor | JointScorer {
  return typeof given === "object" && !(given instanceof URL);
}

/** Whether an encoder of the user's own stands in an address's place. */
export function isPerceptor(given: string | URL | Perceptor): given is Perceptor {
  return typeof given === "object" && "encodeImage" in given;
}
