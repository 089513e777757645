/** What one can do here, and by which keys. */
import type { RefObject } from "react";
import { Sheet } from "./sheet.js";

const keys = [
  ["Ctrl Enter", "Create the picture"],
  ["Alt ↑, Alt ↓", "Earlier prompts, and back"],
  ["Ctrl ↑, Ctrl ↓", "More or less weight, in a prompt"],
  ["1 to 9", "Continue with that picture of a grid"],
  ["Space", "Pause and resume, wherever no field or button has the focus"],
  ["P", "Paint on the picture"],
  ["B, E, L, R", "Brush, eraser, lasso, rectangle"],
  ["I, or Alt and a click", "Take a colour from the picture"],
  ["V", "Move the picture that was dropped or pasted on the painting; its corners change its size"],
  ["M, Shift I", "Paint or mask; invert the mask"],
  ["[ and ]", "Smaller and larger brush, or placed picture"],
  ["Ctrl Z, Ctrl Shift Z", "Undo and redo strokes"],
  ["Arrows, Space", "Move over the picture and paint without a mouse; with Shift in larger steps"],
  ["Esc", "Leave painting, which keeps what is painted, or comparing"],
] as const;

export function Help({ dialog }: { readonly dialog: RefObject<HTMLDialogElement | null> }) {
  return (
    <Sheet dialog={dialog} title="How it goes">
      <p>
        Write what to see and press Create. Change words or weights while the picture grows: the next step follows them.
        Pause to paint on it or to go back; each way on is a branch, and nothing is lost. Drop a picture on the page to
        bring its settings back.
      </p>
      <dl className="keys">
        {keys.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Sheet>
  );
}
