/** Notices as the page says them. */
import type { Notice } from "vqgan-clip/browser";

export function inWords(notice: Notice): string {
  switch (notice.kind) {
    case "refused-device":
      return `Not on ${notice.device}: ${notice.reason}.`;
    case "poor-copy":
      return "The models cannot copy this picture well: its detail will be lost.";
    case "mask-of-all":
      return "The mask covers the whole picture: all of it may change.";
    case "memory":
      return `It may need ${(notice.peakBytes / 1e9).toFixed(1)} GB of memory.`;
    case "truncated":
      return `The prompt is too long; left out: ${notice.cut}`;
    case "averaged":
      return `The prompt is long and read in ${notice.parts.length} parts.`;
    case "unknown-words":
      return `Unknown: ${notice.words.map(({ word, nearest }) => (nearest[0] ? `${word} (known: ${nearest.join(", ")})` : word)).join("; ")}`;
  }
}
