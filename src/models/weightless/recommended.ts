/**
 * Settings that suit pictures which nothing learnt holds together: many views, so that none can be fooled alone, and a
 * total variation that keeps speckles away.
 */
export function recommended({
  learningRate,
  smooth,
}: {
  readonly learningRate: number;
  readonly smooth: number;
}): object {
  return {
    steps: 200,
    learningRate,
    cutouts: 32,
    start: "normal",
    cutMethod: "gaussian",
    pictureRegularizers: [{ kind: "tv", weight: smooth }],
    regularizer: { weight: 0, target: "zero", decay: 0, every: 1 },
  };
}
