/** The part of the form that makes a grid: one or two axes, each with its values. */
import { useId } from "react";
import { edit } from "../state/actions.js";
import type { Axis } from "../state/draft.js";
import { useStudio } from "../state/store.js";
import type { AxisKind } from "./axes.js";
import { useAxisKinds, useCellCount } from "./use-axis-kinds.js";

const names = ["Across", "Down"] as const;

export function AxisFields() {
  const axes = useStudio((state) => state.draft.axes);
  const kinds = useAxisKinds();
  const count = useCellCount(kinds);
  const change = (at: number, axis: Axis | undefined) =>
    edit({ axes: [...axes.slice(0, at), ...(axis ? [axis] : []), ...axes.slice(at + 1)] });
  return (
    <details className="fold">
      <summary>
        Grid {axes.length > 0 && typeof count === "number" && <span className="count">{count} pictures</span>}
      </summary>
      <p className="hint">The same picture several times, with one or two things that differ.</p>
      <div className="axes">
        {names.slice(0, axes.length + 1).map((name, at) => (
          <AxisField
            key={name}
            name={name}
            axis={axes[at]}
            kinds={kinds}
            taken={axes[1 - at]?.name}
            onChange={(axis) => change(at, axis)}
          />
        ))}
      </div>
    </details>
  );
}

interface Props {
  readonly name: string;
  readonly axis: Axis | undefined;
  readonly kinds: readonly AxisKind[];
  /** What the other axis is. */
  readonly taken: string | undefined;
  readonly onChange: (axis: Axis | undefined) => void;
}

function AxisField({ name, axis, kinds, taken, onChange }: Props) {
  const id = useId();
  const kind = kinds.find((each) => each.name === axis?.name);
  const choose = (chosen: string) => {
    const next = kinds.find((each) => each.name === chosen);
    onChange(next && { name: next.name, values: next.proposed });
  };
  const given = {
    "aria-label": `Values ${name.toLowerCase()}`,
    value: axis?.values ?? "",
    onChange: (event: { target: { value: string } }) => axis && onChange({ ...axis, values: event.target.value }),
  };
  return (
    <div className="axis">
      <label htmlFor={id}>{name}</label>
      <select id={id} value={axis?.name ?? ""} onChange={(event) => choose(event.target.value)}>
        <option value="">nothing</option>
        {kinds
          .filter((each) => each.name !== taken)
          .map((each) => (
            <option key={each.name} value={each.name}>
              {each.label}
            </option>
          ))}
      </select>
      {kind?.isText ? <textarea rows={3} {...given} placeholder="one a line" /> : kind && <input {...given} />}
    </div>
  );
}
