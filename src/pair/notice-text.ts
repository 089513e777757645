/** Notices as lines for people. */
import { gigabytes } from "../core/bytes.js";
import { oneLine } from "../core/escape.js";
import type { Notice } from "./options.js";

export function noticeText(notice: Notice): string {
  switch (notice.kind) {
    case "unknown-words": {
      const words = notice.words.map(({ word, nearest }) =>
        nearest.length > 0 ? `"${word}" (known: ${nearest.join(", ")})` : `"${word}"`,
      );
      return `note: the text encoder does not know ${words.join(", ")}; in "${notice.text}" it has no effect of its own`;
    }
    case "truncated":
      return `note: the prompt is longer than the text encoder reads; read: "${notice.kept}", cut: "${notice.cut.trim()}"`;
    case "averaged":
      return `note: the prompt is longer than the text encoder reads; read in parts: ${notice.parts.map((part) => `"${part.trim()}"`).join(", ")}`;
    case "refused-device":
      return `note: ${notice.device} does not run this: ${oneLine(notice.reason)}`;
    case "poor-copy":
      return `note: the generator's own copy of this picture is unlike it (SSIM ${notice.similarity.toFixed(2)}, good is 0.8 and more), so its detail will be lost; larger models hold photographs (vqgan-clip models)`;
    case "mask-of-all":
      return "note: the mask covers the whole picture, so all of it may change; black or transparent is what stays";
    case "no-classifier":
      return "note: there is no VGG19 to hold the picture's content by, so its edges are held instead; --vgg names one (docs/styles.md)";
    case "preset-of-another":
      return `note: preset ${notice.preset} is for the generator ${notice.generator}, and its rates are in that one's units; with another, choose your own`;
    case "growth":
      return `note: before the first step the drawing grows in ${notice.stages} stages of ${notice.steps} steps, which may take minutes; fit=10 is a quick look`;
    case "judge-in-loss":
      return `note: ${notice.judge} is judge and one of the losses: what is climbed cannot tell whether it was fooled; judge by another, or by none`;
    case "memory":
      return `note: this run will need about ${gigabytes(notice.peakBytes)}, ${gigabytes(notice.availableBytes)} are free; a smaller picture or --max-memory makes it fit`;
  }
}
