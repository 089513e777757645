/** What the models would not read of a prompt: words they do not know, with ones they do; and what is cut off. */
import type { Warning } from "../api/types.js";

interface Props {
  readonly warnings: readonly Warning[];
  readonly onReplace: (word: string, by: string) => void;
}

export function Warnings({ warnings, onReplace }: Props) {
  return warnings.map((warning) => (
    <p key={warning.message} className="unread">
      {warning.kind === "unknown-words" && warning.words ? (
        warning.words.map(({ word, nearest }, i) => (
          <span key={word}>
            {i === 0 && "Not known: "}
            <mark>{word}</mark>
            {nearest.map((by) => (
              <button
                key={by}
                type="button"
                className="link"
                aria-label={`${by} instead of ${word}`}
                onClick={() => onReplace(word, by)}
              >
                {by}
              </button>
            ))}{" "}
          </span>
        ))
      ) : warning.cut ? (
        <>
          Too long, not read: <mark>{warning.cut}</mark>
        </>
      ) : (
        warning.message
      )}
    </p>
  ));
}

/** A text with one of its words replaced, whatever its case. */
export function replaced(text: string, word: string, by: string): string {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, "giu"), by);
}
