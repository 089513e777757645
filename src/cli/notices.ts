/** How prompts were read, as lines for people. */
import { textPrompts } from "../prompts/prompt.js";
import { formatWeight } from "../prompts/weight.js";

/** How prompts with a colon were read; undefined where there is none. */
export function readingText(settings: { readonly prompts: string }): string | undefined {
  if (!settings.prompts.includes(":")) return undefined;
  const read = textPrompts(settings).map(({ text, weight, stop }) => {
    const end = Number.isFinite(stop) ? `, stop ${stop}` : "";
    return `"${text}", weight ${formatWeight(weight)}${end}`;
  });
  return `read: ${read.join(" | ")}`;
}
