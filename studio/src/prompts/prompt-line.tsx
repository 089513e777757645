/** One prompt: its words, how much they count, and the button that takes them away. */
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef } from "react";
import type { Warning } from "../api/types.js";
import { Icon } from "../shell/icon.js";
import { placeholders } from "./ideas.js";
import type { PromptRow } from "./prompt-rows.js";
import { replaced, Warnings } from "./warnings.js";

interface Props {
  readonly row: PromptRow;
  readonly number: number;
  readonly count: number;
  /** Where the prompts tell a story: which scene, from 1. */
  readonly scene: number | undefined;
  readonly onChange: (row: PromptRow) => void;
  readonly onCommit: (row: PromptRow) => void;
  readonly onRemove: () => void;
  /** Earlier prompts come back, or later ones. */
  readonly onRecall: (way: "older" | "newer") => void;
  readonly warnings: readonly Warning[];
}

/** What the arrows change of a weight. */
const WEIGHT_STEP = 0.05;

export function PromptLine(props: Props) {
  const { row, number, count, scene, warnings, onChange, onCommit, onRemove, onRecall } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => fitHeight(field.current), [row.text]);
  useEffect(() => {
    const area = field.current;
    const observer = new ResizeObserver(() => fitHeight(area)); // lines break elsewhere in another width
    if (area) observer.observe(area);
    return () => observer.disconnect();
  }, []);
  const { weight } = row;
  const isKeyed = typeof weight === "string";
  const press = (event: KeyboardEvent) => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    const isUp = event.key === "ArrowUp";
    if (event.altKey) onRecall(isUp ? "older" : "newer");
    else if ((event.ctrlKey || event.metaKey) && !isKeyed) onChange({ ...row, weight: nextWeight(weight, isUp) });
    else return;
    event.preventDefault();
  };
  return (
    <li className={weight === 0 ? "prompt muted" : "prompt"}>
      <label className="sr" htmlFor={row.id}>
        Prompt {number}
      </label>
      <textarea
        id={row.id}
        ref={field}
        rows={1}
        value={row.text}
        placeholder={placeholders[number === 1 ? 0 : 1]}
        onChange={(event) => onChange({ ...row, text: event.target.value.replace(/\n/g, " ") })}
        onBlur={() => onCommit(row)}
        onKeyDown={press}
        spellCheck
      />
      <div className="weight">
        {scene !== undefined && <span className="hint">scene {scene}</span>}
        <label className="hint" htmlFor={`${row.id}-weight`}>
          Weight<span className="sr"> of prompt {number}</span>
        </label>
        {isKeyed ? (
          <input
            id={`${row.id}-weight`}
            value={weight}
            onChange={(event) => onChange({ ...row, weight: event.target.value })}
          />
        ) : (
          <input
            id={`${row.id}-weight`}
            type="range"
            min={-2}
            max={2}
            step={WEIGHT_STEP}
            value={weight}
            onChange={(event) => onChange({ ...row, weight: Number(event.target.value) })}
          />
        )}
        {!isKeyed && <output htmlFor={`${row.id}-weight`}>{weight === 0 ? "off" : weight.toFixed(2)}</output>}
        <StopField row={row} number={number} onChange={onChange} />
        {count > 1 && (
          <button
            type="button"
            className="quiet square small"
            onClick={onRemove}
            aria-label={`Remove prompt ${number}`}
          >
            <Icon name="close" />
          </button>
        )}
      </div>
      <Warnings
        warnings={warnings}
        onReplace={(word, by) => onChange({ ...row, text: replaced(row.text, word, by) })}
      />
    </li>
  );
}

function fitHeight(area: HTMLTextAreaElement | null): void {
  if (!area) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}

/** The distance at which a prompt stops to count: shown once it is asked for. */
function StopField({ row, number, onChange }: Pick<Props, "row" | "number" | "onChange">) {
  const about = "It stops counting once the distance is below this";
  if (row.stop === undefined) {
    const label = `Stop of prompt ${number}: never`;
    return (
      <button
        type="button"
        className="quiet small"
        aria-label={label}
        title={about}
        onClick={() => onChange({ ...row, stop: "" })}
      >
        Stop
      </button>
    );
  }
  return (
    <input
      type="number"
      className="stop"
      aria-label={`Stop of prompt ${number}`}
      title={about}
      placeholder="never"
      step="any"
      value={row.stop}
      onChange={(event) => onChange({ ...row, stop: event.target.value })}
    />
  );
}

function nextWeight(weight: number, isUp: boolean): number {
  const next = weight + (isUp ? WEIGHT_STEP : -WEIGHT_STEP);
  return Math.min(2, Math.max(-2, Math.round(next * 100) / 100));
}
