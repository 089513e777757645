/** Names of files that the user did not name: from the prompt, and never one that is taken. */
import { lstat } from "node:fs/promises";
import { lockBeside, takeLock } from "../files/lock.js";
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

/** Stems that this process has given out: they are its own until it ends. */
const held = new Set<string>();

/**
 * `stem`, or `stem-2` and so on: the first that no file has with any of the endings, and that no other process has been
 * given. With no endings there is nothing to name.
 */
export async function freeStem(stem: string, endings: readonly string[]): Promise<string> {
  for (let number = 1; endings.length > 0; number++) {
    const candidate = number === 1 ? stem : `${stem}-${number}`;
    const isFree = async () => {
      const taken = await Promise.all(endings.map((ending) => isTaken(`${candidate}${ending}`)));
      return !taken.includes(true);
    };
    // Once more when it is ours: another process may have finished it in between.
    if ((await isFree()) && (await holds(candidate)) && (await isFree())) return candidate;
  }
  return stem;
}

/** `path`, or the first of its numbered forms that is free: `a.png`, `a-2.png`. */
export async function freePath(path: string): Promise<string> {
  const stem = withoutEnding(path);
  const ending = path.slice(stem.length);
  return `${await freeStem(stem, [ending])}${ending}`;
}

/** Whether a stem is this process's from now on; a place where no lock can be made is left to the writing to complain of. */
async function holds(stem: string): Promise<boolean> {
  if (held.has(stem)) return true;
  const isMine = await nameLock(stem)
    .then(takeLock)
    .then(Boolean, () => true);
  if (isMine) held.add(stem);
  return isMine;
}

/** The lock of a name, which is none of the file that may be called so. */
export function nameLock(stem: string): Promise<string> {
  return lockBeside(`${stem} (name)`);
}

/** A place that cannot be looked at is not taken: writing there says what is wrong. */
function isTaken(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
