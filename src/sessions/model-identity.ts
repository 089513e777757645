/** How pictures and sessions tell the models that made them. */
import * as z from "zod";
import type { Settings } from "../guidance/settings.js";

/** Who has a part in a picture; the judge only picks it, `finalVae` draws it once it is made. Rewards are named as settings name them. */
const modelRoles = ["generator", "finalVae", "perceptor", "judge", "classifier", "reward"] as const;
/** What did not make the numbers of a run that was without it. */
const harmless: readonly string[] = ["finalVae", "judge", "classifier"];

/** Who made the numbers: a resumed run needs the same. */
export interface ModelIdentity {
  readonly role: (typeof modelRoles)[number];
  readonly name: string;
  /** Of its weights; a model without any is told by its name. */
  readonly sha256?: string;
}

function isSameModel(a: ModelIdentity, b: ModelIdentity): boolean {
  const byName = a.sha256 === undefined && b.sha256 === undefined;
  return byName ? a.name === b.name : a.sha256 === b.sha256;
}

export interface ModelDifference {
  readonly role: ModelIdentity["role"];
  readonly made: ModelIdentity | undefined;
  readonly loaded: ModelIdentity | undefined;
}

/**
 * The first model that is not the same on both sides, several of a role in their order, rewards by their names. A judge,
 * a classifier or a final autoencoder where none was does no harm, nor do more rewards.
 */
export function firstDifference(
  made: readonly ModelIdentity[],
  loaded: readonly ModelIdentity[],
): ModelDifference | undefined {
  for (const role of modelRoles) {
    const [mine, theirs] = [loaded, made].map((models) => models.filter((model) => model.role === role)) as [
      ModelIdentity[],
      ModelIdentity[],
    ];
    if (role === "reward") {
      const lost = theirs.find((made) => !mine.some((own) => own.name === made.name && isSameModel(made, own)));
      if (lost) return { role, made: lost, loaded: mine.find(({ name }) => name === lost.name) };
      continue;
    }
    const count = harmless.includes(role) ? theirs.length : Math.max(mine.length, theirs.length);
    for (let i = 0; i < count; i++) {
      const [a, b] = [theirs[i], mine[i]];
      if (!a || !b || !isSameModel(a, b)) return { role, made: a, loaded: b };
    }
  }
  return undefined;
}

/** Without the reward models that settings do not name, and the classifier that they do not ask: a pair may hold more than a run does. */
export function modelsOf(models: readonly ModelIdentity[], { rewards, judgeReward, content }: Asking): ModelIdentity[] {
  const asked = [...rewards, ...(judgeReward ? [judgeReward] : [])];
  const named = new Set(asked.map((reward) => reward.kind === "model" && reward.name));
  return models.filter(
    ({ role, name }) => (role !== "reward" || named.has(name)) && (role !== "classifier" || content > 0),
  );
}

type Asking = Pick<Settings, "rewards" | "judgeReward" | "content">;

/** For messages that begin "was made with". */
export function differenceText({ role, made, loaded }: ModelDifference): string {
  const label = (model: ModelIdentity | undefined) => (model ? modelLabel(model) : "none");
  return made ? `${role} ${label(made)}, loaded is ${label(loaded)}` : `no further ${role}, loaded is ${label(loaded)}`;
}

/** How the one that is wanted is named. */
export function sameModelHint({ role, made }: ModelDifference): string {
  if (role === "judge") return "name the same CLIP as judge (--judge-clip)";
  if (role === "finalVae") return "name the same autoencoder (--final-vae)";
  if (role === "classifier") return "name the same VGG19 (--vgg)";
  if (role === "reward" && made) return `name the same reward model (--reward-model ${made.name}=PATH)`;
  return "name the same weights: a pair (--model), or vqgan and clip (--vqgan, --clip)";
}

/** Name and first figures of the sha256. */
function modelLabel({ name, sha256 }: ModelIdentity): string {
  return sha256 === undefined ? name : `${name} (${sha256.slice(0, 10)})`;
}

/** As manifests and pictures hold it. */
export const identitySchema = z
  .object({ role: z.enum(modelRoles), name: z.string(), sha256: z.string().optional() })
  .transform(({ sha256, ...rest }): ModelIdentity => ({ ...rest, ...(sha256 !== undefined && { sha256 }) }));
