/** Masks without drawing: by a phrase, and by numbers. */
import { useState } from "react";
import type { Box } from "./strokes.js";

interface PhraseProps {
  readonly busy: boolean;
  readonly onPhrase: (phrase: string) => Promise<void>;
}

export function Phrase({ busy, onPhrase }: PhraseProps) {
  const [phrase, setPhrase] = useState("");
  const find = () => phrase.trim() !== "" && void onPhrase(phrase.trim());
  return (
    <div className="phrase">
      <label htmlFor="phrase">What may change</label>
      <div className="with-button">
        <input
          id="phrase"
          value={phrase}
          placeholder="the sky"
          onChange={(event) => setPhrase(event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && find()}
        />
        <button type="button" disabled={busy || phrase.trim() === ""} onClick={find}>
          {busy ? "Looking…" : "Find"}
        </button>
      </div>
    </div>
  );
}

interface NumbersProps {
  readonly size: readonly [number, number];
  readonly onRectangle: (box: Box) => void;
}

export function ByNumbers({ size: [width, height], onRectangle }: NumbersProps) {
  const [box, setBox] = useState<Box>({ x: 0, y: 0, width: Math.round(width / 2), height });
  const fields = [
    ["x", "Left", width],
    ["y", "Top", height],
    ["width", "Width", width],
    ["height", "Height", height],
  ] as const;
  return (
    <details className="by-numbers">
      <summary>Rectangle by numbers</summary>
      <div className="row">
        {fields.map(([name, label, most]) => (
          <label key={name}>
            <span className="hint">{label}</span>
            <input
              type="number"
              min={0}
              max={most}
              value={box[name]}
              onChange={(event) => setBox({ ...box, [name]: Number(event.target.value) })}
            />
          </label>
        ))}
        <button type="button" onClick={() => onRectangle(box)}>
          Add
        </button>
      </div>
    </details>
  );
}
