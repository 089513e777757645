/** How the learning rate moves over a run: a factor for each step, from the step's number alone, so that runs resume. */

export type Schedule = {
  /** Steps over which the rate first rises, in equal parts, to the full one. */
  readonly warmup: number;
} & (
  | { readonly kind: "constant" }
  | (Cycled & {
      readonly kind: "linear" | "cosine";
      /** What the factor falls to from 1, in a straight line or along half a cosine. */
      readonly final: number;
    })
  | (Cycled & {
      /** The factor is `decay`^floor(t / `every`), or without the floor. */
      readonly kind: "step" | "exponential";
      readonly decay: number;
      readonly every: number;
    })
  | (Cycled & {
      readonly kind: "stages";
      /** The factor from half of its course on, 1 before it. */
      readonly middle: number;
      /** The factor from three quarters on. */
      readonly last: number;
    })
);

interface Cycled {
  /** How often it runs its course, beginning again at the full rate. */
  readonly cycles: number;
  /** Steps that it spans, its warm-up among them; null for the run's. */
  readonly over: number | null;
}

/**
 * The factor of the learning rate.
 *
 * The warm-up's are 1/(w+1) .. w/(w+1). After it, each of the cycles has L = ceil((over - warmup) / cycles) steps, of
 * which t are done: `linear` 1 - (1-final) t/L, `cosine` final + (1-final) (1 + cos(pi t/L)) / 2, `stages` 1 up to L/2,
 * `middle` up to 3L/4, then `last`. Past the last cycle, its end.
 *
 * @param step steps done so far, 0 for the first
 * @param steps of the run in all
 */
export function rateFactor(schedule: Schedule, step: number, steps: number): number {
  const { kind, warmup } = schedule;
  if (step < warmup) return (step + 1) / (warmup + 1);
  if (kind === "constant") return 1;
  const length = Math.max(1, Math.ceil(((schedule.over ?? steps) - warmup) / schedule.cycles));
  const since = step - warmup;
  const t = since < length * schedule.cycles ? since % length : length;
  switch (kind) {
    case "linear":
      return 1 - ((1 - schedule.final) * t) / length;
    case "cosine":
      return schedule.final + ((1 - schedule.final) * (1 + Math.cos((Math.PI * t) / length))) / 2;
    case "step":
      return schedule.decay ** Math.floor(t / schedule.every);
    case "exponential":
      return schedule.decay ** (t / schedule.every);
    case "stages":
      if (t < length / 2) return 1;
      return t < (3 * length) / 4 ? schedule.middle : schedule.last;
  }
}

/** The learning rate of a run's step. @param step steps done so far, 0 for the first */
export function learningRateAt(
  {
    learningRate,
    schedule,
    steps,
  }: { readonly learningRate: number; readonly schedule: Schedule; readonly steps: number },
  step: number,
): number {
  return learningRate * rateFactor(schedule, step, steps);
}

/** Whether it would take another course in a run of another length. */
export function dependsOnSteps(schedule: Schedule): boolean {
  if (schedule.kind === "constant" || schedule.over !== null) return false;
  return ["linear", "cosine", "stages"].includes(schedule.kind) || schedule.cycles > 1;
}
