/** Numbers and states as people read them. */
import type { Status, Summary } from "../api/types.js";

/** With a capital at its beginning, unless an address stands there. */
export function capitalised(text: string): string {
  if (/^[a-z]+:\/\//.test(text)) return text;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A notice without the word that marks it on a terminal. */
export function plainNotice(notice: string): string {
  return capitalised(notice.replace(/^(note|warning): /, ""));
}

export function duration(seconds: number): string {
  if (seconds < 1) return "under a second";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

export function rate(perSecond: number): string {
  return perSecond >= 1 || perSecond === 0 ? `${perSecond.toFixed(1)} steps/s` : `${(1 / perSecond).toFixed(1)} s/step`;
}

export function bytes(count: number): string {
  if (count < 1e6) return `${Math.ceil(count / 1e3)} kB`;
  return count < 1e9 ? `${Math.round(count / 1e6)} MB` : `${(count / 1e9).toFixed(1)} GB`;
}

const words: Record<Status, string> = {
  queued: "Waiting",
  loading: "Getting ready",
  running: "Running",
  paused: "Paused",
  finished: "Finished",
  failed: "Failed",
  cancelled: "Stopped",
};

export function statusWords({ status, position }: Pick<Summary, "status" | "position">): string {
  if (status !== "queued" || !position) return words[status];
  return position === 1 ? "Waiting: next in line" : `Waiting: number ${position} in line`;
}

/** A file's name of a title: letters and digits of any script. */
export function nameOf(title: string): string {
  const words = title.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ["picture"];
  return words.join("-").slice(0, 60);
}
