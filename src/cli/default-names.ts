/** Names of files that the user did not name: from the prompt, and never one that is taken. */
import { lstat } from "node:fs/promises";
import { textPrompts } from "../prompts/prompt.js";

const LONGEST = 40;

/** From the first prompt: at most 40 letters, marks and digits of any script, and dashes. */
export function slug(prompts: string): string {
  const text = textPrompts({ prompts })[0]?.text ?? "";
  const dashed = text
    .normalize("NFC")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, "-");
  const cut = Array.from(dashed).slice(0, LONGEST).join("");
  return cut.replace(/^-+|-+$/g, "") || "picture";
}

/** A path without its ending. */
export function withoutEnding(path: string): string {
  return path.replace(/\.[^./\\]*$/, "");
}

/** `stem`, or `stem-2` and so on: the first that no file has with any of the endings. */
export async function freeStem(stem: string, endings: readonly string[]): Promise<string> {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? stem : `${stem}-${number}`;
    const taken = await Promise.all(endings.map((ending) => isTaken(`${candidate}${ending}`)));
    if (!taken.includes(true)) return candidate;
  }
}

/** `path`, or the first of its numbered forms that is free: `a.png`, `a-2.png`. */
export async function freePath(path: string): Promise<string> {
  const stem = withoutEnding(path);
  const ending = path.slice(stem.length);
  return `${await freeStem(stem, [ending])}${ending}`;
}

/** A place that cannot be looked at is not taken: writing there says what is wrong. */
function isTaken(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
