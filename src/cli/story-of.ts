/** The story in a PNG that somebody named; what is wrong with it is told with its name. */
import { VqganClipError, withoutCall } from "../core/errors.js";
import { readPngText } from "../image/png-text.js";
import { readStory, type Story, storyKeywords } from "../sessions/metadata.js";

export interface FoundStory {
  /** undefined: the picture carries none of ours. */
  readonly story: Story | undefined;
  /** All its text by keyword; without that of other programs where it is damaged. */
  readonly text: Readonly<Record<string, string>>;
  /** What is wrong with other programs' text. */
  readonly damage: string | undefined;
}

/** @throws BAD_FILE, BAD_IMAGE, OUT_OF_LIMITS */
export function storyOf(png: Uint8Array, path: string): FoundStory {
  const text = named(path, () => readPngText(png, storyKeywords));
  const story = named(path, () => readStory(text));
  try {
    return { story, text: readPngText(png), damage: undefined };
  } catch (error) {
    return { story, text, damage: withoutCall((error as Error).message) };
  }
}

function named<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof VqganClipError)) throw error;
    throw new VqganClipError(error.code, `${path}: ${withoutCall(error.message)}`, error.hint, { cause: error });
  }
}
