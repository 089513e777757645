/** `vqgan-clip worker`: an engine for sessions that `serve --redis` has been asked for. */
import { type Command, Option } from "commander";
import { exitCodes } from "./exit-codes.js";
import { addModelOptions, modelFrom, wholeNumber } from "./options.js";
import { pauseOnSignals } from "./pause-on-signals.js";
import { DEFAULT_FOLDER, REDIS_VARIABLE } from "./service-command.js";
import { remark, tell } from "./terminal.js";

interface WorkerFlags extends Readonly<Record<string, unknown>> {
  readonly redis: string;
  readonly folder: string;
  readonly lease?: number;
  readonly checkpointEvery?: number;
}

export function addWorker(program: Command, finish: (code: number) => void): void {
  const command = program
    .command("worker")
    .description(
      "Takes the steps of sessions that serve --redis has been asked for (docs/scaling.md). One for each device; as many as you like, on any machine that reaches Redis and the folder.",
    )
    .addOption(new Option("--redis <url>", "Redis, the same as the server's").env(REDIS_VARIABLE).makeOptionMandatory())
    .option(
      "--folder <dir>",
      "where sessions are kept, the server's folder, s3://BUCKET/PREFIX or postgres://...",
      DEFAULT_FOLDER,
    )
    .option("--checkpoint-every <n>", "steps between two checkpoints (default: by time, every 2 s)", (text) =>
      wholeNumber(text, 1, 1e6),
    )
    .option("--lease <seconds>", "when it is not heard of for so long, others take over (default: 15)", (text) =>
      wholeNumber(text, 1, 3600),
    );
  addModelOptions(command).action(async (flags: WorkerFlags) => finish(await workUntilSignal(flags)));
}

/** @returns the exit code */
async function workUntilSignal(flags: WorkerFlags): Promise<number> {
  const { redis, folder, lease, checkpointEvery } = flags;
  const { startWorker } = await import("../service/network/worker.js"); // the engine is loaded when it is needed
  const worker = await startWorker({
    redis,
    folder,
    models: modelFrom(flags),
    ...(lease !== undefined && { lease }),
    ...(checkpointEvery !== undefined && { checkpointSteps: checkpointEvery }),
  });
  const ended = new Promise<void>((done) => {
    pauseOnSignals(() => {
      remark("ends after the step that is being taken; what it has goes to others");
      done();
    });
  });
  tell(worker.name);
  remark(`takes sessions of ${folder}; Ctrl-C ends it, nothing is lost`);
  await ended;
  await worker.close();
  return exitCodes.ok;
}
