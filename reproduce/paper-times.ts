/** Table 1 of Crowson et al. 2022: seconds for a picture, mean and standard deviation of ten runs. */

export interface PaperTime {
  readonly method: string;
  /** NVIDIA's name of the GPU. */
  readonly machine: string;
  readonly seconds: number;
  readonly deviation: number;
}

/** V100-hours that training a method for its task took. */
export const trainingHours: Readonly<Record<string, number>> = {
  "minDALL-E": 792,
  "GLIDE (filtered)": 19_200,
  "VQGAN-CLIP": 0,
};

const table: Readonly<Record<string, Readonly<Record<string, readonly [seconds: number, deviation: number]>>>> = {
  "minDALL-E": { K80: [216, 7.6], P100: [60, 5.5], V100: [16.3, 2.7] },
  "GLIDE (filtered)": { K80: [96.2, 0.1], P100: [19.2, 0.3], V100: [9.7, 1.1] },
  "VQGAN-CLIP": { K80: [935.2, 20.4], P100: [654.3, 10.1], V100: [188.3, 1.2], "RTX 2080 Ti": [229.5, 26.2] },
};

export const paperTimes: readonly PaperTime[] = Object.entries(table).flatMap(([method, machines]) =>
  Object.entries(machines).map(([machine, [seconds, deviation]]) => ({ method, machine, seconds, deviation })),
);
