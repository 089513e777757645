/**
 * What the next picture will need, loaded before it is asked for: models read, programs compiled. Only while nobody runs or
 * waits, only one at a time, and let go when nobody has looked for a while.
 */
import { NDArray } from "../core/ndarray.js";
import type { Settings } from "../guidance/settings.js";
import type { Line } from "./line.js";
import type { Platform, ServedRun } from "./platform.js";

/** Milliseconds after the last look at which what nobody uses is let go. */
const LET_GO_AFTER = 5 * 60_000;

export class Warmth {
  /** What is loaded, or tried in vain: it is not tried again. */
  private loaded: string | undefined;
  private next: ServedRun | undefined;
  private working: Promise<void> | undefined;
  private letGo: (() => Promise<void>) | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly platform: Pick<Platform, "encodePreview"> & { readonly vq: Pick<Platform["vq"], "keepPrograms"> },
    private readonly line: Pick<Line, "running" | "all">,
    private readonly letGoAfter = LET_GO_AFTER,
  ) {}

  /** Somebody looks at a form that asks for this run, which has not begun and is used for nothing else. Nothing is waited for. */
  offer(run: ServedRun): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.forget(), this.letGoAfter);
    if (!this.isIdle) this.loaded = undefined; // whoever runs may load something else
    this.next = run;
    this.working ??= this.work().finally(() => {
      this.working = undefined;
    });
  }

  /** Loads no more; what is being loaded ends by itself, or with its engine. */
  close(): void {
    clearTimeout(this.timer);
    this.next = undefined;
  }

  /** Frees what no run uses, and loads it again when somebody looks again. */
  async forget(): Promise<void> {
    this.next = undefined;
    await this.working;
    this.loaded = undefined;
    const { letGo } = this;
    this.letGo = undefined;
    await letGo?.();
  }

  private get isIdle(): boolean {
    return this.line.running.length === 0 && this.line.all.length === 0;
  }

  private async work(): Promise<void> {
    for (let run = this.next; run && this.isIdle; run = this.next) {
      this.next = undefined;
      const { candidates } = run.settings;
      const programs = programsOf(run.settings);
      if (programs === this.loaded || candidates > 1) continue; // looking at many starts is work of its own
      this.loaded = programs;
      this.letGo ??= this.platform.vq.keepPrograms();
      try {
        await run.device();
        await this.platform.encodePreview(NDArray.zeros("float32", [3, 8, 8])); // its library is loaded with the first
      } catch {
        // whoever asks for the same is told what is wrong with it
      }
      await run.dispose().catch(() => undefined);
    }
  }
}

/** Equal for settings that run by the same programs, as far as can be told without building them. */
function programsOf({ seed: _, steps: __, learningRate: ___, prompts, ...settings }: Settings): string {
  return JSON.stringify([settings, prompts.replace(/[^|^]/g, "").length]);
}
