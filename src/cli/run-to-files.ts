/** Runs a picture to its end or to Ctrl-C and writes what was asked for: the loop of `generate` and `resume`. */
import type { Ending, StepEvent } from "../guidance/run-state.js";
import type { Settings } from "../guidance/settings.js";
import type { EditReport } from "../masks/edit-report.js";
import { type RewardValue, rewardText } from "../perception/rewards.js";
import type { PictureRun } from "../picture-run.js";
import type { MetadataLevel } from "../sessions/metadata.js";
import { type CheckpointFile, Checkpoints } from "./checkpoints.js";
import { exitCodes } from "./exit-codes.js";
import type { ShapeFiles } from "./file-options.js";
import { LossTrace, type TraceFiles } from "./loss-trace.js";
import { readingText } from "./notices.js";
import { writeToStdout } from "./output-streams.js";
import { pauseOnSignals } from "./pause-on-signals.js";
import { clock, type Reporter } from "./reporter.js";
import { Writes } from "./writes.js";

/** `session` is written on the way and at the end. */
export interface RunFiles extends CheckpointFile, TraceFiles, ShapeFiles {
  /** Path of the PNG, or "-" for stdout. */
  readonly png: string;
  /** Session to write when the run is paused; always one. */
  readonly pauseSession: string;
}

export interface RunReport {
  readonly reporter: Reporter;
  readonly metadata: MetadataLevel;
  /** The command that goes on from a session, without the program's name and the session itself. */
  readonly resumeArguments: readonly string[];
  /** Steps after which it is done, where it has more (default: all). */
  readonly until?: number | undefined;
  /** Which picture it is, where there are several: said with each step. */
  readonly told?: object | undefined;
}

/**
 * The picture is written first and whatever becomes of the session, and the other way round.
 *
 * @returns the exit code
 * @throws IO_FAILED at the end, when a file could not be written
 */
export async function runToFiles(run: PictureRun, files: RunFiles, report: RunReport): Promise<number> {
  const { reporter } = report;
  const pause = pauseOnSignals(() => reporter.say("pausing after this step; once more quits without saving"));
  const writes = new Writes(reporter);
  const trace = new LossTrace(files, run.settings);
  let code: number;
  try {
    code = await worked(run, files, report, { signal: pause.signal, writes, trace });
  } finally {
    pause.release();
    reporter.clear();
    await trace.write(writes);
    await run.dispose();
  }
  writes.settle();
  return code;
}

interface Work {
  readonly signal: AbortSignal;
  readonly writes: Writes;
  /** Takes the losses of each step. */
  readonly trace: LossTrace;
}

async function worked(run: PictureRun, files: RunFiles, report: RunReport, work: Work): Promise<number> {
  const { reporter, metadata, resumeArguments, until, told } = report;
  const { signal, writes, trace } = work;
  const { settings } = run;
  const began = performance.now();
  const checkpoints = new Checkpoints(run, files, reporter);
  const { step: first, beganFrom } = await run.state();
  const models = await run.models();
  reporter.event("start", { step: first, settings, beganFrom, models, device: await run.device() });
  const reading = readingText(settings);
  if (reading !== undefined) reporter.say(reading);
  let before: StepEvent["rewards"];
  reporter.begin();
  trace.begin();
  await run.toFinish({
    signal,
    whenAborted: "return",
    ...(until !== undefined && { until }),
    onStep: async ({ step, losses, rewards, judged = [] }) => {
      before ??= rewards;
      if (rewards) reporter.event("rewards", { step: step - 1, rewards });
      reporter.step(step, settings.steps, losses, told);
      for (const judgement of judged) reporter.event("judged", judgement);
      trace.add(step, losses);
      await checkpoints.after(step);
    },
  });
  reporter.clear();
  const { step, best: chosen } = await run.state();
  const ending = await run.ending();
  const paused = ending === undefined && step !== until;
  const best = ending && chosen && { step: chosen.step, score: chosen.score };
  const written: string[] = [];
  const toStdout = files.png === "-";
  const hasPicture = await writes.attempt(async () => {
    const png = await run.toPNG(toStdout ? undefined : files.png, { metadata });
    if (toStdout) await writeToStdout(png);
  });
  if (hasPicture && !toStdout) written.push(files.png);
  const { svg, film, mesh, turntable } = files;
  if (svg !== undefined && (await writes.attempt(() => run.toSVG(svg, { metadata })))) written.push(svg);
  if (film !== undefined && (await writes.attempt(() => run.toFilm(film)))) written.push(film);
  if (mesh !== undefined && (await writes.attempt(() => run.toMesh(mesh)))) written.push(mesh);
  if (turntable !== undefined && (await writes.attempt(() => run.toTurntable(turntable)))) written.push(turntable);
  const session = files.session ?? (paused ? files.pauseSession : undefined);
  const hasSession = session !== undefined && (await writes.attempt(() => run.save(session)));
  if (hasSession) written.push(session);
  const compared = await run.compare();
  const rewards = await run.rewards();
  const seconds = (performance.now() - began) / 1000;
  reporter.event(paused ? "paused" : "done", {
    step,
    ...(ending && { ending }),
    ...(best && { best }),
    seed: settings.seed,
    files: written,
    seconds,
    ...(rewards.length > 0 && { rewards }),
    ...compared,
  });
  const stand = paused ? `paused at step ${step} of ${settings.steps}` : endedHow(ending ?? "steps", step, settings);
  const where = written.join(", ") || (toStdout && hasPicture ? "picture on stdout" : "nothing was written");
  reporter.say(`${stand}, seed ${settings.seed}, ${clock(seconds)}: ${where}`);
  if (best) {
    const unit = settings.judgeReward ? rewardText(settings.judgeReward) : "cosine";
    reporter.say(`the judge chose the picture of step ${best.step}, at ${best.score.toFixed(3)} (${unit})`);
  }
  for (const line of rewardLines(before, rewards)) reporter.say(line);
  if (compared) for (const line of reportLines(compared)) reporter.say(line);
  if (paused && hasSession) reporter.say(`go on: ${commandLine(["resume", session, ...resumeArguments])}`);
  return paused ? exitCodes.paused : exitCodes.ok;
}

/** How a run ended, for people. */
function endedHow(ending: Ending, step: number, { steps, plateau }: Settings): string {
  if (ending === "steps") return `${step} steps`;
  return `${step} of ${steps} steps, as the loss had not fallen by ${plateau.delta} for ${plateau.patience} (--plateau)`;
}

/** Each reward before and after, in its makers' units, for people. */
function rewardLines(before: StepEvent["rewards"], after: readonly RewardValue[]): string[] {
  return after.map(({ reward, value }, i) => {
    const was = before?.[i];
    return `reward ${reward}: ${was ? `${was.value.toFixed(3)} -> ` : ""}${value.toFixed(3)}`;
  });
}

/** What an edit kept and reached, for people. */
function reportLines({ kept, reached }: EditReport): string[] {
  const alike = kept.ssim === undefined ? "" : `, SSIM ${kept.ssim.toFixed(3)}`;
  const edges = kept.edges === undefined ? "" : `, of edges ${kept.edges.toFixed(3)}`;
  const part = kept.free < 1 ? `; ${(100 * kept.free).toFixed(1)} % of the pixels could change` : "";
  return [
    `kept: PSNR ${kept.psnr.toFixed(2)} dB${alike}${edges}${part}`,
    ...reached.map(
      ({ prompt, before, after }) => `reached: "${prompt}" ${before.toFixed(3)} -> ${after.toFixed(3)} (cosine)`,
    ),
  ];
}

/** The program with arguments, quoted for a shell. */
export function commandLine(args: readonly string[]): string {
  const quoted = args.map((arg) => (/^[\w./:=@%+,-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`));
  return ["vqgan-clip", ...quoted].join(" ");
}
