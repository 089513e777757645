/** A session that is served: its record, who may touch it now, and what is told of it. */
import type { StepEvent } from "../guidance/run-state.js";
import type { Settings } from "../guidance/settings.js";
import type { RunStatus } from "../sessions/run-status.js";
import { readSession } from "../sessions/session-file.js";
import { currentState, type SessionTree } from "../sessions/session-tree.js";
import { EventLog } from "./event-log.js";
import { keptFrames } from "./film.js";
import type { ServedRun, SessionStore } from "./platform.js";
import { allSteps, type Fault, isUnfinished, nodeRecords, type SessionRecord } from "./record.js";

/** Losses that are kept of all its nodes together; of more, every second one goes. */
const MOST_LOSSES = 2000;
/** Weight of the past in the smoothed time of a step. */
const SMOOTHING = 0.8;

export class Session {
  readonly events = new EventLog();
  /** Whether it is to go on as soon as the engine is free for it. */
  wanted = false;
  /** Commands that wait for the step that is being taken. */
  interruptions = 0;
  /** Falls of the engine since its last step. */
  falls = 0;
  /** When it was last written down, by `performance.now()`. */
  savedAt = Number.NEGATIVE_INFINITY;
  private secondsPerStep: number | undefined;
  private steppedAt: number | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private kept: SessionRecord) {}

  get record(): SessionRecord {
    return this.kept;
  }

  get id(): string {
    return this.record.id;
  }

  /** Steps a second while it runs. */
  get rate(): number | null {
    const { secondsPerStep } = this;
    return this.record.status === "running" && secondsPerStep ? Math.round(1000 / secondsPerStep) / 1000 : null;
  }

  /** One at a time, in the order asked: steps and commands never meet. */
  exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.last.then(work);
    this.last = done.catch(() => undefined);
    return done;
  }

  /** @param error why, when it failed */
  become(status: RunStatus, error?: Fault): void {
    const { record } = this;
    record.status = status;
    if (error) record.error = error;
    else delete record.error;
    delete record.rests;
    if (status !== "running") this.steppedAt = this.secondsPerStep = undefined;
    this.touch();
  }

  /** Is from now on what somebody else wrote down. */
  mirror(record: SessionRecord): void {
    this.kept = record;
    this.wanted = isUnfinished(record);
    if (record.status !== "running") this.steppedAt = this.secondsPerStep = undefined;
  }

  touch(): void {
    this.record.updatedAt = new Date().toISOString();
  }

  /** @returns whether it is new */
  note(text: string): boolean {
    if (this.record.notices.includes(text)) return false;
    this.record.notices.push(text);
    return true;
  }

  /** What was told of words that are asked for no longer. */
  forget(texts: readonly string[]): void {
    this.record.notices = this.record.notices.filter((text) => !texts.includes(text));
  }

  /** @returns seconds since the step before, where it went on without a rest */
  stepped({ step, losses: { total, prompts } }: Pick<StepEvent, "step" | "losses">): number | undefined {
    const { record } = this;
    const now = performance.now();
    const seconds = this.steppedAt === undefined ? undefined : (now - this.steppedAt) / 1000;
    if (seconds !== undefined) {
      record.stepSeconds = this.secondsPerStep =
        SMOOTHING * (this.secondsPerStep ?? seconds) + (1 - SMOOTHING) * seconds;
    }
    this.steppedAt = now;
    record.step = step;
    record.losses.push({ node: record.node, step, total, prompts: [...prompts] });
    if (record.losses.length > MOST_LOSSES) record.losses = record.losses.filter((_, i) => i % 2 === 1);
    this.touch();
    return seconds;
  }

  /** Says of itself what the run is; before the run has begun, it has no nodes. */
  follow(run: ServedRun): void {
    const { history, settings } = run;
    this.record.settings = { ...settings };
    this.record.steps = allSteps(this.record, settings);
    if (history) this.followTree(history);
  }

  /** Where its file stands, which may be further than its record. @throws BAD_FILE */
  async followFile(store: Pick<SessionStore, "read">): Promise<void> {
    const bytes = await store.read(this.id, "session.vqclip");
    if (bytes) this.followTree((await readSession(bytes)).tree);
  }

  private followTree(tree: SessionTree): void {
    const { record } = this;
    record.nodes = nodeRecords(tree);
    record.node = tree.current;
    const current = record.nodes.find(({ id }) => id === tree.current);
    if (!current) return;
    record.step = current.step;
    record.settings = current.settings;
    record.steps = allSteps(record, current.settings as Pick<Settings, "steps">);
    if (record.film) record.film.frames = keptFrames(record, currentState(tree));
    // What was told of steps that a killed server did not write down is told again.
    record.losses = record.losses.filter(({ node, step }) => node !== current.id || step <= current.step);
  }
}
