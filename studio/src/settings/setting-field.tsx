/** One setting's field: its name, what it is, its value or the one it has without. */
import { useId, useState } from "react";
import type { Field } from "./schema-fields.js";

interface Props {
  readonly field: Field;
  /** Undefined where it is as recommended. */
  readonly value: unknown;
  /** The recommended value, where it is known. */
  readonly fallback: unknown;
  readonly onChange: (value: unknown) => void;
}

export function SettingField({ field, value, fallback, onChange }: Props) {
  const id = useId();
  if (field.kind === "group") return <Group field={field} value={value} fallback={fallback} onChange={onChange} />;
  return (
    <div className={value === undefined ? "field" : "field changed"}>
      <div className="spread">
        <label htmlFor={id}>{field.label}</label>
        {value !== undefined && (
          <button
            type="button"
            className="link"
            onClick={() => onChange(undefined)}
            aria-label={`Reset ${field.label}`}
          >
            reset
          </button>
        )}
      </div>
      <Control id={id} field={field} value={value} fallback={fallback} onChange={onChange} />
      <p className="hint" id={`${id}-about`}>
        {field.description}
      </p>
    </div>
  );
}

function Control({ id, field, value, fallback, onChange }: Props & { readonly id: string }) {
  const about = `${id}-about`;
  switch (field.kind) {
    case "choice":
      return (
        <select
          id={id}
          aria-describedby={about}
          value={String(value ?? "")}
          onChange={(event) => onChange(event.target.value || undefined)}
        >
          <option value="">{fallback === undefined ? "as the preset" : String(fallback)}</option>
          {field.choices
            .filter((choice) => choice !== fallback)
            .map((choice) => (
              <option key={choice}>{choice}</option>
            ))}
        </select>
      );
    case "switch":
      return (
        <select
          id={id}
          aria-describedby={about}
          value={value === undefined ? "" : String(value)}
          onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.value === "true")}
        >
          <option value="">
            {fallback === undefined ? "as the preset" : fallback ? "on (recommended)" : "off (recommended)"}
          </option>
          <option value="true">on</option>
          <option value="false">off</option>
        </select>
      );
    case "number":
      return (
        <input
          id={id}
          aria-describedby={about}
          type="number"
          min={field.min}
          max={field.max}
          step={field.step}
          value={value === undefined ? "" : String(value)}
          placeholder={fallback === undefined ? "as the preset" : String(fallback)}
          onChange={(event) => onChange(event.target.value === "" ? undefined : Number(event.target.value))}
        />
      );
    case "text":
      return (
        <input
          id={id}
          aria-describedby={about}
          value={String(value ?? "")}
          placeholder={String(fallback ?? "")}
          onChange={(event) => onChange(event.target.value || undefined)}
        />
      );
    default:
      return <Json id={id} about={about} value={value} fallback={fallback} onChange={onChange} />;
  }
}

/** Several plain values that belong together: changing one states all of them. */
function Group({ field, value, fallback, onChange }: Props & { readonly field: Field & { kind: "group" } }) {
  const current = (value ?? {}) as Record<string, unknown>;
  const known = (fallback ?? {}) as Record<string, unknown>;
  return (
    <fieldset className={value === undefined ? "field group" : "field group changed"}>
      <legend>{field.label}</legend>
      <p className="hint">{field.description}</p>
      {value !== undefined && (
        <button type="button" className="link" onClick={() => onChange(undefined)} aria-label={`Reset ${field.label}`}>
          reset
        </button>
      )}
      {field.fields.map((inner) => (
        <SettingField
          key={inner.name}
          field={inner}
          value={value === undefined || current[inner.name] === known[inner.name] ? undefined : current[inner.name]}
          fallback={known[inner.name]}
          onChange={(changed) => onChange({ ...known, ...current, [inner.name]: changed ?? known[inner.name] })}
        />
      ))}
    </fieldset>
  );
}

interface JsonProps {
  readonly id: string;
  readonly about: string;
  readonly value: unknown;
  readonly fallback: unknown;
  readonly onChange: (value: unknown) => void;
}

function Json({ id, about, value, fallback, onChange }: JsonProps) {
  const [text, setText] = useState<string>();
  const [isWrong, setWrong] = useState(false);
  const commit = () => {
    if (text === undefined) return;
    try {
      onChange(text.trim() === "" ? undefined : JSON.parse(text));
      setText(undefined);
      setWrong(false);
    } catch {
      setWrong(true);
    }
  };
  return (
    <>
      <textarea
        id={id}
        className="json"
        rows={2}
        spellCheck={false}
        aria-describedby={about}
        aria-invalid={isWrong}
        value={text ?? (value === undefined ? "" : JSON.stringify(value))}
        placeholder={fallback === undefined ? "as the preset" : JSON.stringify(fallback)}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
      />
      {isWrong && <p className="wrong-text">This is no JSON: write it like the grey text, with double quotes.</p>}
    </>
  );
}
