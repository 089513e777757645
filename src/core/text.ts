/** Text files that people or their editors wrote, in whatever encoding those chose. */
import { type ErrorCode, requires, VqganClipError } from "./errors.js";

/**
 * The text of a file: UTF-8 with or without its mark, or UTF-16 of either order with it.
 *
 * @param name what to call the file in messages
 * @throws BAD_FILE, or the code given, when it is neither
 */
export function decodeText(bytes: Uint8Array, name: string, code: ErrorCode = "BAD_FILE"): string {
  const hint = "save it as UTF-8";
  let text: string;
  try {
    text = new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes); // takes the mark away
  } catch (cause) {
    throw new VqganClipError(code, `${name}: not text in UTF-8, nor in UTF-16 with its mark`, hint, { cause });
  }
  // What UTF-16 without its mark, UTF-32 and files that are no text at all have in common.
  requires(!text.includes("\0"), code, () => `${name}: not text in UTF-8: it holds bytes of value 0`, hint);
  return text;
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}
