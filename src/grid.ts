/** Many pictures of one idea: variants by seeds, scored, and races in which only the best of many short runs go on. */
import { type Abortable, tellAborted } from "./core/abort.js";
import { requires } from "./core/errors.js";
import { requireKnown } from "./core/known-names.js";
import type { NDArray } from "./core/ndarray.js";
import type { Seed } from "./core/seed.js";
import type { StepEvent } from "./guidance/run-state.js";
import type { ModelPair } from "./pair/model-pair.js";
import type { RunRequest } from "./pair/requests.js";
import type { RunningPicture } from "./pair/running-picture.js";
import type { PictureJudge } from "./perception/judge.js";

/** The pictures that a grid is to have. @typeParam Source what a platform can read a picture from */
export interface GridRequest<Source> {
  /** One for each row; seeds come from `seeds`. */
  readonly variants: readonly RunRequest<Source>[];
  /** One for each column. */
  readonly seeds: readonly Seed[];
  /** All seeds of a row run for `steps`; the `keep` that score best run to their end (default: all do). */
  readonly race?: { readonly steps: number; readonly keep: number };
}

/** A signal stops it between two steps; what is unfinished is left out. */
export interface GridOptions extends Abortable {
  /** Told of each step (default: nobody). */
  readonly onStep?: (event: StepEvent, place: { readonly row: number; readonly column: number }) => void;
}

/** A finished picture of a grid. @typeParam Picture the platform's kind of run */
export interface GridCell<Picture> {
  /** From 0: its variant, and then its seed. */
  readonly row: number;
  readonly column: number;
  /** It stands there until the next cell is asked for. */
  readonly run: Picture;
  /** [3,H,W] in 0..1 */
  readonly picture: NDArray;
  /** Steps that it had. */
  readonly step: number;
  /** -1..1, weighted cosines with the prompts, by the judge or else by the perceptor itself; a reward's units where one judges; undefined without texts. */
  readonly score: number | undefined;
  /** Whether it lost the race and stands where that ended. */
  readonly out: boolean;
}

/**
 * The pictures of a grid, row by row, each row's as soon as they are finished. A run is freed when the next cell is asked
 * for; until then it can be saved. Cells whose programs are equal share them, also those of different rows.
 *
 * @throws BAD_ARGUMENT, BAD_PROMPT on requests that cannot be met: all rows are checked before the first begins; ABORTED
 */
export async function* gridCells<Source, Picture extends RunningPicture<Source>>(
  pair: ModelPair<Source, Picture>,
  request: GridRequest<Source>,
  options: GridOptions = {},
): AsyncGenerator<GridCell<Picture>, void, undefined> {
  requireKnown("gridCells()", request, { variants: true, seeds: true, race: true });
  requireKnown("gridCells()", options, { signal: true, whenAborted: true, onStep: true });
  const { variants, seeds, race } = request;
  if (race) requireKnown("race", race, { steps: true, keep: true });
  requires(variants.length > 0 && seeds.length > 0, "BAD_ARGUMENT", () => "grid: needs a variant and a seed");
  const rows = variants.map((variant) => seeds.map((seed) => pair.create({ ...variant, seed })));
  for (const [first] of rows) {
    const { settings } = first as Picture;
    requires(
      !race || (race.steps < settings.steps && race.keep >= 1 && race.keep < seeds.length),
      "BAD_ARGUMENT",
      () => `race: expected fewer steps than ${settings.steps} and fewer kept than the ${seeds.length} seeds`,
      `got ${race?.steps} steps, ${race?.keep} kept`,
    );
    requires(
      !race || settings.prompts !== "",
      "BAD_ARGUMENT",
      () => "race: pictures are compared with texts, and there are none",
      "add a text prompt",
    );
  }
  const letGo = pair.keepPrograms();
  try {
    for (const [row, runs] of rows.entries()) {
      const { settings } = runs[0] as Picture;
      const judge = settings.prompts === "" && !settings.judgeReward ? undefined : await pair.judgeOf(settings);
      try {
        yield* cellsOf<Source, Picture>(runs, row, judge, race, options);
      } finally {
        await judge?.dispose();
      }
      if (options.signal?.aborted) return tellAborted("gridCells()", options, "the cells that it gave are whole");
    }
  } finally {
    await letGo();
  }
}

async function* cellsOf<Source, Picture extends RunningPicture<Source>>(
  runs: readonly Picture[],
  row: number,
  judge: PictureJudge | undefined,
  race: GridRequest<Source>["race"],
  { signal, onStep }: GridOptions,
): AsyncGenerator<GridCell<Picture>, void, undefined> {
  /** @returns the cell; undefined when it was stopped on the way */
  const upTo = async (column: number, last: number): Promise<GridCell<Picture> | undefined> => {
    const run = runs[column] as Picture;
    const until = new AbortController();
    const stop = signal ? AbortSignal.any([signal, until.signal]) : until.signal;
    await run.toFinish({
      signal: stop,
      whenAborted: "return",
      onStep: (event) => {
        onStep?.(event, { row, column });
        if (event.step >= last) until.abort();
      },
    });
    const { step } = await run.state();
    const isDone = step >= last || (await run.ending()) !== undefined;
    if (!isDone) return undefined;
    const picture = await run.render();
    return { row, column, run, picture, step, score: await judge?.score(picture), out: false };
  };
  const heat: GridCell<Picture>[] = [];
  if (race) {
    for (const column of runs.keys()) {
      const cell = await upTo(column, race.steps);
      await (runs[column] as Picture).dispose();
      if (!cell) return;
      heat.push(cell);
    }
  }
  const best = new Set(
    [...heat]
      .sort((a, b) => (b.score as number) - (a.score as number))
      .slice(0, race?.keep)
      .map(({ column }) => column),
  );
  for (const [column, run] of runs.entries()) {
    const former = heat[column];
    const cell = former && !best.has(column) ? { ...former, out: true } : await upTo(column, run.settings.steps);
    if (cell) yield cell;
    await run.dispose();
    if (!cell) return;
  }
}
