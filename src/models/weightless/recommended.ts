/** Settings that suit pictures which nothing learnt holds together: many views, so that none can be fooled alone. */
export function recommended({ learningRate }: { readonly learningRate: number }): object {
  return {
    steps: 200,
    learningRate,
    cutouts: 32,
    cutMethod: "gaussian",
    regularizer: { weight: 0, target: "zero", decay: 0, every: 1 },
  };
}
