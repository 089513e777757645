/** What to see, a row for each prompt; while a run goes on, changes go to its next step. */
import { useRef } from "react";
import { OpenPicture } from "../settings/source-picture.js";
import { Icon } from "../shell/icon.js";
import { editRows } from "../state/actions.js";
import { isActive, useStudio } from "../state/store.js";
import { PromptLine } from "./prompt-line.js";
import { type PromptRow, promptRow, splitRow } from "./prompt-rows.js";

export function PromptList() {
  const rows = useStudio((state) => state.draft.rows);
  const isLive = useStudio(
    ({ session }) => session !== undefined && (isActive(session) || session.status === "paused"),
  );
  const sent = useStudio((state) => state.promptsSent);
  const list = useRef<HTMLOListElement>(null);
  const scenes = new Set(rows.map(({ scene }) => scene)).size;

  const change = (row: PromptRow) => editRows(rows.map((other) => (other.id === row.id ? row : other)));
  const split = (row: PromptRow) => {
    const parts = splitRow(row);
    if (parts.length > 1) editRows(rows.flatMap((other) => (other.id === row.id ? parts : [other])));
  };
  const focus = (index: number) =>
    requestAnimationFrame(() => list.current?.querySelectorAll("textarea")[Math.max(0, index)]?.focus());
  const add = () => {
    editRows([...rows, { ...promptRow(), scene: rows.at(-1)?.scene ?? 0 }]);
    focus(rows.length);
  };
  const remove = (row: PromptRow, index: number) => {
    const rest = rows.filter(({ id }) => id !== row.id);
    editRows(rest.length > 0 ? rest : [promptRow()]);
    focus(index - 1);
  };
  return (
    <section aria-labelledby="prompts-title">
      <h2 id="prompts-title">What to see</h2>
      <ol className="prompts" ref={list}>
        {rows.map((row, index) => (
          <PromptLine
            key={row.id}
            row={row}
            number={index + 1}
            count={rows.length}
            scene={scenes > 1 ? row.scene + 1 : undefined}
            onChange={change}
            onCommit={split}
            onRemove={() => remove(row, index)}
          />
        ))}
      </ol>
      {isLive && (
        <p className="hint">
          {sent === "typing" ? "Sending the change…" : "What you change here takes effect at the next step."}
        </p>
      )}
      <div className="row out">
        <button type="button" className="quiet" onClick={add}>
          <Icon name="add" /> Add a prompt
        </button>
        <OpenPicture />
      </div>
    </section>
  );
}
