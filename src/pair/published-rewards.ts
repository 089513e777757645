/** Reward models that were published, by the names people know them by: what `models pull` got, and on which encoder. */
import type { RewardChoice } from "./open-rewards.js";

const VIT_L_14 = "openai/clip-vit-large-patch14";

/** As `rewards` of `fromPretrained` takes them on Node; scores are in the units of their makers. */
export const publishedRewards = {
  /** LAION's aesthetic predictor v2 (sac+logos+ava1-l14-linearMSE): about 1 to 10, means of people's marks. */
  aesthetic: { model: "aesthetic-v2", clip: VIT_L_14 },
  /** Its first version (sa_0_4_vit_l_14_linear). */
  "aesthetic-v1": { model: "aesthetic-v1", clip: VIT_L_14 },
  /** exp(logit_scale) * cosine with the prompt, about 15 to 25. */
  pickscore: { model: "yuvalkirstain/PickScore_v1" },
  /** Deviations from its makers' mean, about -2 to 2, by reading the prompt while it looks. */
  imagereward: { model: "imagereward" },
  /** 100 * cosine with the prompt, as its benchmark prints it. */
  "hps-v2.1": { model: "hps-v2.1", scale: 100 },
  "hps-v2": { model: "hps-v2", scale: 100 },
} as const satisfies Readonly<Record<string, RewardChoice<string>>>;
