/** The session written on the way. A checkpoint that does not fit on its disk costs a line, never the run. */
import type { PictureRun } from "../picture-run.js";
import type { Reporter } from "./reporter.js";
import { failureText, writeFailure } from "./writes.js";

export interface CheckpointFile {
  /** Where; undefined: none is written. */
  readonly session?: string | undefined;
  /** Steps between two of them; 0: none. */
  readonly checkpointEvery: number;
}

export class Checkpoints {
  private isFailing = false;

  constructor(
    private readonly run: PictureRun,
    private readonly file: CheckpointFile,
    private readonly reporter: Reporter,
  ) {}

  /** Writes one when it is time; one that fails is tried again at the next time. */
  async after(step: number): Promise<void> {
    const { session, checkpointEvery } = this.file;
    if (session === undefined || checkpointEvery === 0 || step % checkpointEvery > 0) return;
    try {
      await this.run.save(session, { picture: false });
      this.reporter.event("checkpoint", { step, file: session });
      if (this.isFailing) this.reporter.say(`note: the checkpoint of step ${step} is written again`);
      this.isFailing = false;
    } catch (error) {
      const reason = failureText(writeFailure(error));
      this.reporter.event("checkpoint-failed", { step, file: session, reason });
      if (!this.isFailing) {
        this.reporter.say(
          `note: no checkpoint at step ${step}: ${reason}; the run goes on, the next try is at step ${step + checkpointEvery}`,
        );
      }
      this.isFailing = true;
    }
  }
}
