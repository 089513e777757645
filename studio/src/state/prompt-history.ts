/** The prompts of pictures that were asked for, newest last, to be called back one by one. */
import { type PromptRow, promptsOf } from "../prompts/prompt-rows.js";

const KEY = "vqgan-clip-studio-prompts";
const MOST = 100;

/** Where one stands among them: undefined for what is being written, which `written` holds. */
export interface Recall {
  readonly at: number | undefined;
  readonly written: string;
}

export function storedPrompts(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(stored) ? stored.filter((prompts) => typeof prompts === "string") : [];
  } catch {
    return []; // somebody else wrote there
  }
}

export function rememberPrompts(rows: readonly PromptRow[]): void {
  localStorage.setItem(KEY, JSON.stringify(added(storedPrompts(), promptsOf(rows))));
}

/** The newest is the last; the same prompts are there once. */
export function added(known: readonly string[], prompts: string): readonly string[] {
  if (prompts === "") return known;
  return [...known.filter((each) => each !== prompts), prompts].slice(-MOST);
}

/** One further back, or forth; undefined where there is none. @param now what stands in the form */
export function recalled(
  known: readonly string[],
  { at, written }: Recall,
  now: string,
  way: "older" | "newer",
): { readonly recall: Recall; readonly prompts: string } | undefined {
  if (way === "newer") {
    if (at === undefined) return undefined;
    const next = at + 1 < known.length ? at + 1 : undefined;
    return { recall: { at: next, written }, prompts: next === undefined ? written : (known[next] as string) };
  }
  const next = (at ?? known.length) - 1;
  const prompts = known[next];
  if (prompts === undefined) return undefined;
  const kept = at === undefined ? now : written;
  const recall = { at: next, written: kept };
  return at === undefined && prompts === now ? recalled(known, recall, now, way) : { recall, prompts };
}

export const noRecall: Recall = { at: undefined, written: "" };
