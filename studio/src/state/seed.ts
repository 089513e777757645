/** A seed by chance: 32 bits, short enough to be read out. */
export const drawnSeed = (): string => String(crypto.getRandomValues(new Uint32Array(1))[0]);
