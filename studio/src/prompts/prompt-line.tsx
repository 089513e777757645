/** One prompt: its words, how much they count, and the button that takes them away. */
import { useLayoutEffect, useRef } from "react";
import { Icon } from "../shell/icon.js";
import { placeholders } from "./ideas.js";
import type { PromptRow } from "./prompt-rows.js";

interface Props {
  readonly row: PromptRow;
  readonly number: number;
  readonly count: number;
  /** Where the prompts tell a story: which scene, from 1. */
  readonly scene: number | undefined;
  readonly onChange: (row: PromptRow) => void;
  readonly onCommit: (row: PromptRow) => void;
  readonly onRemove: () => void;
}

export function PromptLine({ row, number, count, scene, onChange, onCommit, onRemove }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  }, [row.text]);
  const { weight } = row;
  const isKeyed = typeof weight === "string";
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
            step={0.05}
            value={weight}
            onChange={(event) => onChange({ ...row, weight: Number(event.target.value) })}
          />
        )}
        {!isKeyed && <output htmlFor={`${row.id}-weight`}>{weight === 0 ? "off" : weight.toFixed(2)}</output>}
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
    </li>
  );
}
