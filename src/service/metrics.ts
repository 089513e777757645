/** What happened since the start and how things stand, for Prometheus: its text format. */
import { runStatuses } from "../sessions/run-status.js";
import type { Forecast } from "./forecast.js";
import type { Line } from "./line.js";
import type { Session } from "./session.js";

/** Counts what is gone when it has happened. */
export class Meter {
  steps = 0;
  /** Of those steps whose time is known: their number, and seconds in all. */
  readonly timed = { steps: 0, seconds: 0 };
  engineRestarts = 0;

  /** @param seconds since the step before, where there was one */
  stepped(seconds: number | undefined): void {
    this.steps++;
    if (seconds === undefined) return;
    this.timed.steps++;
    this.timed.seconds += seconds;
  }
}

export interface Standing {
  readonly sessions: readonly Session[];
  readonly line: Line;
  readonly forecast: Forecast;
  readonly meter: Meter;
  /** Of the files of each key's sessions, and of those without one. */
  readonly bytes: ReadonlyMap<string | undefined, number>;
}

export function metricsText({ sessions, line, forecast, meter, bytes }: Standing): string {
  const count = (status: string) => sessions.filter(({ record }) => record.status === status).length;
  return [
    family(
      "sessions",
      "gauge",
      "sessions by status",
      runStatuses.map((status) => [`{status="${status}"}`, count(status)]),
    ),
    family("queue_length", "gauge", "sessions that wait for an engine", [["", line.all.length]]),
    family("queue_seconds", "gauge", "seconds until all that runs and waits is done; NaN where not known", [
      ["", forecast.secondsAhead() ?? Number.NaN],
    ]),
    family("engines", "gauge", "sessions that can run at once", [["", line.engines]]),
    family("steps_total", "counter", "steps taken since the start", [["", meter.steps]]),
    family("step_seconds", "summary", "time between two steps of a session", [
      ["_sum", meter.timed.seconds],
      ["_count", meter.timed.steps],
    ]),
    family("engine_restarts_total", "counter", "falls of the engine since the start", [["", meter.engineRestarts]]),
    family("kept_bytes", "gauge", "bytes of all sessions on disk, the bin included", [["", sum(bytes.values())]]),
    family(
      "key_bytes",
      "gauge",
      "of them, those of each key's sessions",
      [...bytes].flatMap(([owner, count]) => (owner === undefined ? [] : [[`{key="${owner}"}`, count] as const])),
    ),
  ].join("");
}

/** @param samples what follows the name, and the value */
function family(name: string, type: string, help: string, samples: readonly (readonly [string, number])[]): string {
  const full = `vqgan_clip_${name}`;
  const lines = samples.map(([rest, value]) => `${full}${rest} ${value}`);
  return `${[`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...lines].join("\n")}\n`;
}

export function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((before, number) => before + number, 0);
}
