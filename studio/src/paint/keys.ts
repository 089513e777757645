/** The keys of painting: tools and layers by their letters, sizes by brackets, undo. */
import { useEffect } from "react";
import type { Tool } from "./brush.js";

export type PaintKey =
  | { readonly tool: Tool }
  /** Paint becomes mask, and the other way round. */
  | "layer"
  | "invert"
  | { readonly factor: number }
  | "undo"
  | "redo";

const tools: Readonly<Record<string, Tool>> = {
  v: "move",
  b: "brush",
  e: "eraser",
  l: "lasso",
  r: "rectangle",
  i: "pick",
};

/** What a key asks for; undefined where it is none of painting. */
export function paintKey(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">,
): PaintKey | undefined {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (key === "z") return event.shiftKey ? "redo" : "undo";
    return key === "y" ? "redo" : undefined;
  }
  if (event.altKey) return undefined;
  if (key === "i" && event.shiftKey) return "invert";
  if (key === "m") return "layer";
  if (key === "]") return { factor: 1.25 };
  if (key === "[") return { factor: 0.8 };
  const tool = tools[key];
  return tool && { tool };
}

const FIELDS = "input:not([type=range]):not([type=color]):not([type=radio]), textarea, select";

/** Hears them on the whole page; what is typed into a field stays there. */
export function usePaintKeys(act: (key: PaintKey) => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.target instanceof Element && event.target.closest(FIELDS)) return;
      const key = paintKey(event);
      if (key === undefined) return;
      event.preventDefault();
      act(key);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
}
