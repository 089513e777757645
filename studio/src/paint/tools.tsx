/** Layer, tool, colour and size of the brush, undo: a rail beside the picture, and what belongs to the tool above it. */
import { ToggleGroup } from "radix-ui";
import { FileButton } from "../shell/file-button.js";
import { Icon, type IconName } from "../shell/icon.js";
import { set } from "../state/store.js";
import { type Brush, sizes, type Tool } from "./brush.js";
import { ByNumbers, Phrase } from "./mask-tools.js";
import type { Box, LayerName, StrokeAction, Strokes } from "./strokes.js";

interface Props {
  readonly brush: Brush;
  readonly size: readonly [number, number];
  readonly strokes: Strokes;
  /** Whether a mask is being looked for. */
  readonly busy: boolean;
  /** Whether there is a placed picture, to be moved. */
  readonly hasPlaced: boolean;
  readonly onChange: (changes: Partial<Brush>) => void;
  readonly onAction: (action: StrokeAction) => void;
  /** The brush, or the placed picture, becomes so much larger. */
  readonly onResize: (factor: number) => void;
  readonly onInvert: () => void;
  readonly onRectangle: (box: Box) => void;
  readonly onPhrase: (phrase: string) => Promise<void>;
}

const tools: readonly { tool: Tool; icon: IconName; label: string }[] = [
  { tool: "brush", icon: "brush", label: "Brush (B)" },
  { tool: "eraser", icon: "eraser", label: "Eraser (E)" },
  { tool: "lasso", icon: "lasso", label: "Lasso (L)" },
  { tool: "rectangle", icon: "rectangle", label: "Rectangle (R)" },
  { tool: "pick", icon: "pick", label: "Take a colour (I)" },
  { tool: "move", icon: "move", label: "Move the placed picture (V)" },
];

export function Tools(props: Props) {
  const { brush, size, strokes, busy, hasPlaced, onChange, onAction, onResize, onInvert } = props;
  const isMask = brush.layer === "mask";
  return (
    <>
      <div className="options">
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
        {!isMask && (
          <label className="colour" title="Colour">
            <span className="sr">Colour</span>
            <input type="color" value={brush.colour} onChange={(event) => onChange({ colour: event.target.value })} />
          </label>
        )}
        {brush.tool === "move" ? (
          <span className="row">
            <Press icon="remove" label="Smaller ([)" onClick={() => onResize(0.8)} />
            <Press icon="add" label="Larger (])" onClick={() => onResize(1.25)} />
          </span>
        ) : (
          <label className="brush-size" title="[ and ]">
            <span className="hint">Size</span>
            <input
              type="range"
              min={sizes[0]}
              max={sizes[1]}
              value={brush.size}
              onChange={(event) => onChange({ size: Number(event.target.value) })}
            />
            <output>{brush.size}</output>
          </label>
        )}
        {isMask ? (
          <button type="button" className="quiet" onClick={onInvert} title="Shift I">
            <Icon name="invert" /> Invert
          </button>
        ) : (
          <PlacePicture />
        )}
        {isMask && <Phrase busy={busy} onPhrase={props.onPhrase} />}
        <ByNumbers size={size} onRectangle={props.onRectangle} />
      </div>
      <div className="rail">
        <ToggleGroup.Root
          className="toggle"
          type="single"
          aria-label="Tool"
          value={brush.tool}
          onValueChange={(tool) => tool && onChange({ tool: tool as Tool })}
        >
          {tools.map(({ tool, icon, label }) => (
            <ToggleGroup.Item
              key={tool}
              value={tool}
              aria-label={label}
              title={label}
              disabled={tool === "move" && !hasPlaced}
            >
              <Icon name={icon} />
            </ToggleGroup.Item>
          ))}
        </ToggleGroup.Root>
        <Press icon="undo" label="Undo" disabled={strokes.past.length === 0} onClick={() => onAction("undo")} />
        <Press icon="redo" label="Redo" disabled={strokes.future.length === 0} onClick={() => onAction("redo")} />
        <Press
          icon="trash"
          label="Clear both layers"
          disabled={strokes.done.length === 0}
          onClick={() => onAction("clear")}
        />
      </div>
    </>
  );
}

interface PressProps {
  readonly icon: IconName;
  readonly label: string;
  readonly disabled?: boolean;
  readonly onClick: () => void;
}

function Press({ icon, label, disabled = false, onClick }: PressProps) {
  return (
    <button
      type="button"
      className="quiet square"
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

/** What dropping or pasting a picture does, by a button. */
function PlacePicture() {
  return (
    <FileButton inputId="placed-file" title="Or drop or paste one" onFiles={([dropped]) => set({ dropped })}>
      <Icon name="picture" /> Place a picture
    </FileButton>
  );
}
