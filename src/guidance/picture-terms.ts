/** What a step asks of the picture itself, beside what perceptors see in cutouts: what holds it against an edit's source, its regularisers, rewards. */
import { grad } from "../autodiff/grad.js";
import { input, type Tensor } from "../graph/tensor.js";
import { type Classifier, classifierOf } from "../models/classifier/vgg19.js";
import { add, mul, neg } from "../ops/arithmetic.js";
import { reshape } from "../ops/layout.js";
import { concat, slice } from "../ops/movement.js";
import { middleSquare, type Rewarding, rewardValues } from "../perception/rewards.js";
import { textPrompts } from "../prompts/prompt.js";
import { edgesLoss } from "./losses.js";
import { type OwnLosses, pictureLosses } from "./picture-regularizers.js";
import type { Settings } from "./settings.js";
import { keptTerms } from "./source-terms.js";

/** What there is of a step's losses. */
export interface Perceived {
  /** Weighted, mean over cutouts: [p], and more of an edit */
  readonly losses: Tensor;
  /** Of the losses' sum with respect to the picture [1,3,H,W], or to views of which the first is the picture */
  readonly gradient: Tensor;
}

/** A picture [1,3,H,W], and the weights of the `keptTerms`. */
export interface Source {
  readonly picture: Tensor;
  readonly weights: Tensor;
}

/** A loss of the picture [k] joined to what there is, by its weights [k]. */
export function joinLoss({ losses, gradient }: Perceived, image: Tensor, loss: Tensor, weights: Tensor): Perceived {
  const [added] = grad(loss, [image], weights) as [Tensor];
  return { losses: concat([losses, mul(loss, weights)], 0), gradient: add(gradient, added) };
}

/** What holds the picture itself against an edit's source, joined to what there is. */
export function holdPicture(
  image: Tensor,
  settings: Settings,
  classifier: Classifier | undefined,
  source: Source | undefined,
  perceived: Perceived,
): Perceived {
  const terms = keptTerms(settings, "picture");
  if (!source || terms.length === 0) return perceived;
  const losses = {
    content: () => reshape(classifierOf(classifier).distance(image, source.picture), [1]),
    edges: () => edgesLoss(image, source.picture),
  };
  const each = concat(
    terms.map((term) => losses[term]()),
    0,
  );
  return joinLoss(perceived, image, each, slice(source.weights, 0, -terms.length));
}

/** The picture's regularisers joined to what there is: their weighted losses, and their gradient with it. */
export function regularizePicture(
  image: Tensor,
  { pictureRegularizers }: Settings,
  own: OwnLosses | undefined,
  perceived: Perceived,
): Perceived {
  if (pictureRegularizers.length === 0) return perceived;
  const weights = input("pictureWeights", "float32", [pictureRegularizers.length]);
  return joinLoss(perceived, image, pictureLosses(slice(image, 0, 0, 1), pictureRegularizers, own), weights);
}

/** The rewards joined to what there is: their scores, and minus their weighted gradients with it. */
export function rewardPicture(
  image: Tensor,
  settings: Settings,
  models: Rewarding,
  { losses, gradient }: Perceived,
): Perceived {
  const { rewards } = settings;
  if (rewards.length === 0) return { losses, gradient };
  const texts = textPrompts(settings).length;
  const scores = rewardValues(models, rewards, texts, (seer) => middleSquare(slice(image, 0, 0, 1), seer)); // [r]
  const [added] = grad(scores, [image], neg(input("rewardWeights", "float32", [rewards.length]))) as [Tensor];
  return { losses: concat([losses, scores], 0), gradient: add(gradient, added) };
}
