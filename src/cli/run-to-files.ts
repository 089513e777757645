/** Runs a picture to its end or to Ctrl-C and writes what was asked for: the loop of `generate` and `resume`. */
import type { Ending } from "../guidance/run-state.js";
import type { Settings } from "../guidance/settings.js";
import type { EditReport } from "../masks/edit-report.js";
import type { PictureRun } from "../picture-run.js";
import type { MetadataLevel } from "../sessions/metadata.js";
import { exitCodes } from "./exit-codes.js";
import { LossTrace, type TraceFiles } from "./loss-trace.js";
import { pauseOnSignals } from "./pause-on-signals.js";
import { clock, type Reporter } from "./reporter.js";

export interface RunFiles extends TraceFiles {
  /** Path of the PNG, or "-" for stdout. */
  readonly png: string;
  /** Session to write at the end. */
  readonly session?: string | undefined;
  /** Session to write when the run is paused; always one. */
  readonly pauseSession: string;
  /** Steps between two writings of `session` on the way; 0: none. */
  readonly checkpointEvery: number;
}

export interface RunReport {
  readonly reporter: Reporter;
  readonly metadata: MetadataLevel;
  /** The command that goes on from a session, without the program's name and the session itself. */
  readonly resumeArguments: readonly string[];
}

/** @returns the exit code */
export async function runToFiles(run: PictureRun, files: RunFiles, options: RunReport): Promise<number> {
  const { reporter, metadata } = options;
  const { settings } = run;
  const pause = pauseOnSignals(() => reporter.say("pausing after this step; once more quits without saving"));
  const began = performance.now();
  const trace = new LossTrace(files, settings);
  try {
    const { step: first, beganFrom } = await run.state();
    const models = await run.models();
    reporter.event("start", { step: first, settings, beganFrom, models, device: await run.device() });
    reporter.begin();
    trace.begin();
    await run.toFinish({
      signal: pause.signal,
      whenAborted: "return",
      onStep: async ({ step, losses, judged = [] }) => {
        reporter.step(step, settings.steps, losses);
        for (const judgement of judged) reporter.event("judged", judgement);
        trace.add(step, losses);
        if (files.session === undefined || files.checkpointEvery === 0 || step % files.checkpointEvery > 0) return;
        await run.save(files.session, { picture: false });
        reporter.event("checkpoint", { step, file: files.session });
      },
    });
    reporter.clear();
    const { step, best: chosen } = await run.state();
    const ending = await run.ending();
    const paused = ending === undefined;
    const best = ending && chosen && { step: chosen.step, score: chosen.score };
    const session = files.session ?? (paused ? files.pauseSession : undefined);
    if (session !== undefined) await run.save(session);
    const png = await run.toPNG(files.png === "-" ? undefined : files.png, { metadata });
    if (files.png === "-") await writeToStdout(png);
    const written = [...(files.png === "-" ? [] : [files.png]), ...(session === undefined ? [] : [session])];
    const report = await run.compare();
    const seconds = (performance.now() - began) / 1000;
    reporter.event(paused ? "paused" : "done", {
      step,
      ...(ending && { ending }),
      ...(best && { best }),
      seed: settings.seed,
      files: written,
      seconds,
      ...report,
    });
    const stand = paused ? `paused at step ${step} of ${settings.steps}` : endedHow(ending, step, settings);
    reporter.say(`${stand}, seed ${settings.seed}, ${clock(seconds)}: ${written.join(", ") || "picture on stdout"}`);
    if (best) reporter.say(`the judge chose the picture of step ${best.step}, at ${best.score.toFixed(3)} (cosine)`);
    if (report) for (const line of reportLines(report)) reporter.say(line);
    if (paused) reporter.say(`go on: ${commandLine(["resume", session as string, ...options.resumeArguments])}`);
    return paused ? exitCodes.paused : exitCodes.ok;
  } finally {
    pause.release();
    reporter.clear();
    await trace.write();
    await run.dispose();
  }
}

/** How a run ended, for people. */
function endedHow(ending: Ending, step: number, { steps, plateau }: Settings): string {
  if (ending === "steps") return `${step} steps`;
  return `${step} of ${steps} steps, as the loss had not fallen by ${plateau.delta} for ${plateau.patience} (--plateau)`;
}

/** What an edit kept and reached, for people. */
function reportLines({ kept, reached }: EditReport): string[] {
  const alike = kept.ssim === undefined ? "" : `, SSIM ${kept.ssim.toFixed(3)}`;
  const part = kept.free < 1 ? `; ${(100 * kept.free).toFixed(1)} % of the pixels could change` : "";
  return [
    `kept: PSNR ${kept.psnr.toFixed(2)} dB${alike}${part}`,
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

function writeToStdout(bytes: Uint8Array): Promise<void> {
  return new Promise((done, failed) => {
    process.stdout.write(bytes, (error) => (error ? failed(error) : done()));
  });
}
