/** The pictures of a grid side by side as they grow; the one that is liked goes on. */
import { useEffect } from "react";
import type { Summary } from "../api/types.js";
import { statusWords } from "../shell/format.js";
import { Icon } from "../shell/icon.js";
import { open, remove } from "../state/actions.js";
import { membersOf, removeGrid, stopSessions } from "../state/grid-actions.js";
import { isActive, useStudio } from "../state/store.js";

export function GridBoard({ id }: { readonly id: string }) {
  const sessions = useStudio((state) => state.sessions);
  const isBusy = useStudio((state) => state.busy !== undefined);
  const members = membersOf(sessions, id);
  const [across, down] = [0, 1].map((axis) => [
    ...new Set(members.flatMap(({ group }) => group?.values[axis]?.[1] ?? [])),
  ]) as [string[], string[]];
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.target instanceof Element && event.target.closest("input, textarea, select")) return;
      if (event.ctrlKey || event.metaKey || event.altKey || !/^[1-9]$/.test(event.key)) return;
      const member = membersOf(useStudio.getState().sessions, id)[Number(event.key) - 1];
      if (member) open(member.id);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [id]);
  const working = members.filter(isActive).length;
  const place = ({ group }: Summary) => {
    if (down.length === 0) return {};
    const at = (values: string[], axis: number) => values.indexOf(group?.values[axis]?.[1] ?? "") + 1;
    return { gridColumn: at(across, 0), gridRow: at(down, 1) };
  };
  return (
    <section className="grid-board" aria-labelledby="grid-title">
      <header className="spread">
        <h2 id="grid-title">{members.length === 0 ? "There is no such grid" : members[0]?.title}</h2>
        <p className="hint" data-testid="grid-state">
          {working > 0 ? `${members.length - working} of ${members.length} done` : `${members.length} pictures`}
        </p>
      </header>
      <ul
        className={down.length > 0 ? "tiles crossed" : "tiles"}
        style={{ "--across": across.length } as React.CSSProperties}
        aria-label="Pictures of this grid"
      >
        {members.map((member, i) => (
          <Tile key={member.id} member={member} number={i + 1} style={place(member)} />
        ))}
      </ul>
      <div className="controls" role="toolbar" aria-label="The grid">
        {working > 0 && (
          <button type="button" disabled={isBusy} onClick={() => void stopSessions(members)}>
            <Icon name="stop" /> Stop all
          </button>
        )}
        {members.length > 0 && (
          <button type="button" disabled={isBusy} onClick={() => void removeGrid(members)}>
            <Icon name="trash" /> Delete the grid
          </button>
        )}
      </div>
    </section>
  );
}

interface TileProps {
  readonly member: Summary;
  readonly number: number;
  readonly style: React.CSSProperties;
}

function Tile({ member, number, style }: TileProps) {
  const { id, title, group, preview, step, steps, status } = member;
  const values = group?.values ?? [];
  const name = values.map((value) => value.join(" ")).join(", ");
  const words = status === "running" ? `step ${step} of ${steps}` : statusWords(member);
  return (
    <li className="card tile" style={style}>
      <button
        type="button"
        className="look"
        aria-label={`Continue with this one: ${name}, ${words}`}
        title={number < 10 ? `Continue with this one (${number})` : "Continue with this one"}
        onClick={() => open(id)}
      >
        {preview ? <img src={preview} alt="" /> : <span className="no-picture" />}
        {isActive(member) && steps > 0 && <span className="bar" style={{ width: `${(100 * step) / steps}%` }} />}
        <span className="go-on" aria-hidden="true">
          Continue with this one
        </span>
      </button>
      <div className="caption">
        {values.map(([axis, value]) => (
          <span key={axis} className="pair" title={`${axis}: ${value}`}>
            <span className="hint cut">{axis}</span>
            <span className="cut">{value}</span>
          </span>
        ))}
        {status !== "finished" && <span className="hint">{words}</span>}
      </div>
      {isActive(member) ? (
        <button
          type="button"
          className="quiet square small delete"
          aria-label={`Stop ${name}`}
          title="Stop it early"
          onClick={() => void stopSessions([member])}
        >
          <Icon name="stop" />
        </button>
      ) : (
        <button
          type="button"
          className="quiet square small delete"
          aria-label={`Delete ${name}`}
          title="Delete it"
          onClick={() => void remove([id], title)}
        >
          <Icon name="trash" />
        </button>
      )}
    </li>
  );
}
