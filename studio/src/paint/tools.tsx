/** Layer, tool, colour and size of the brush, undo; and the same masks without drawing: by numbers and by a phrase. */
import { ToggleGroup } from "radix-ui";
import { useState } from "react";
import { Icon, type IconName } from "../shell/icon.js";
import type { Box, LayerName, StrokeAction, Strokes } from "./strokes.js";

export type Tool = "brush" | "eraser" | "rectangle";
export interface Brush {
  readonly layer: LayerName;
  readonly tool: Tool;
  /** Diameter in pixels of the picture. */
  readonly size: number;
  readonly colour: string;
}

interface Props {
  readonly brush: Brush;
  readonly size: readonly [number, number];
  readonly strokes: Strokes;
  readonly busy: boolean;
  readonly onChange: (changes: Partial<Brush>) => void;
  readonly onAction: (action: StrokeAction) => void;
  readonly onRectangle: (box: Box) => void;
  readonly onPhrase: (phrase: string) => Promise<void>;
}

const tools: readonly { tool: Tool; icon: IconName; label: string }[] = [
  { tool: "brush", icon: "brush", label: "Brush (B)" },
  { tool: "eraser", icon: "eraser", label: "Eraser (E)" },
  { tool: "rectangle", icon: "rectangle", label: "Rectangle (R)" },
];

export function Tools({ brush, size, strokes, busy, onChange, onAction, onRectangle, onPhrase }: Props) {
  return (
    <div className="tools">
      <ToggleGroup.Root
        className="toggle"
        type="single"
        aria-label="Layer"
        value={brush.layer}
        onValueChange={(layer) => layer && onChange({ layer: layer as LayerName })}
      >
        <ToggleGroup.Item value="paint">Paint</ToggleGroup.Item>
        <ToggleGroup.Item value="mask">Mask</ToggleGroup.Item>
      </ToggleGroup.Root>
      <ToggleGroup.Root
        className="toggle"
        type="single"
        aria-label="Tool"
        value={brush.tool}
        onValueChange={(tool) => tool && onChange({ tool: tool as Tool })}
      >
        {tools.map(({ tool, icon, label }) => (
          <ToggleGroup.Item key={tool} value={tool} aria-label={label} title={label}>
            <Icon name={icon} />
          </ToggleGroup.Item>
        ))}
      </ToggleGroup.Root>
      {brush.layer === "paint" && (
        <label className="colour" title="Colour">
          <span className="sr">Colour</span>
          <input type="color" value={brush.colour} onChange={(event) => onChange({ colour: event.target.value })} />
        </label>
      )}
      <label className="brush-size" title="[ and ]">
        <span className="hint">Size</span>
        <input
          type="range"
          min={1}
          max={128}
          value={brush.size}
          onChange={(event) => onChange({ size: Number(event.target.value) })}
        />
        <output>{brush.size}</output>
      </label>
      <div className="row">
        <button
          type="button"
          className="quiet square"
          aria-label="Undo"
          disabled={strokes.done.length === 0}
          onClick={() => onAction("undo")}
        >
          <Icon name="undo" />
        </button>
        <button
          type="button"
          className="quiet square"
          aria-label="Redo"
          disabled={strokes.undone.length === 0}
          onClick={() => onAction("redo")}
        >
          <Icon name="redo" />
        </button>
        <button
          type="button"
          className="quiet square"
          aria-label="Clear both layers"
          disabled={strokes.done.length === 0}
          onClick={() => onAction("clear")}
        >
          <Icon name="trash" />
        </button>
      </div>
      {brush.layer === "mask" && <Phrase busy={busy} onPhrase={onPhrase} />}
      <ByNumbers size={size} onRectangle={onRectangle} />
    </div>
  );
}

function Phrase({ busy, onPhrase }: Pick<Props, "busy" | "onPhrase">) {
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

function ByNumbers({ size: [width, height], onRectangle }: Pick<Props, "size" | "onRectangle">) {
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
