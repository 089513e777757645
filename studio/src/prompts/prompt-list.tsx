/** What to see, a row for each prompt; while a run goes on, changes go to its next step. */
import { useRef } from "react";
import type { Warning } from "../api/types.js";
import { OpenPicture } from "../settings/source-picture.js";
import { Icon } from "../shell/icon.js";
import { editRows } from "../state/actions.js";
import { noRecall, recalled, storedPrompts } from "../state/prompt-history.js";
import { isActive, useStudio } from "../state/store.js";
import { AddPicture, PictureList } from "./picture-list.js";
import { PromptLine } from "./prompt-line.js";
import { type PromptRow, promptRow, promptsOf, rowsOf, splitRow } from "./prompt-rows.js";

const none: readonly Warning[] = [];

export function PromptList() {
  const rows = useStudio((state) => state.draft.rows);
  const isLive = useStudio(
    ({ session }) => session !== undefined && (isActive(session) || session.status === "paused"),
  );
  const sent = useStudio((state) => state.promptsSent);
  const warnings = useStudio((state) => state.plan?.warnings ?? none);
  const recall = useRef(noRecall);
  const list = useRef<HTMLOListElement>(null);
  const scenes = new Set(rows.map(({ scene }) => scene)).size;

  const change = (row: PromptRow) => {
    recall.current = noRecall;
    editRows(rows.map((other) => (other.id === row.id ? row : other)));
  };
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
  const callBack = (way: "older" | "newer") => {
    const found = recalled(storedPrompts(), recall.current, promptsOf(rows), way);
    if (!found) return;
    recall.current = found.recall;
    editRows(rowsOf(found.prompts));
    focus(0);
  };
  return (
    <section aria-labelledby="prompts-title" data-drop="near">
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
            onRecall={callBack}
            warnings={warnings.filter(({ text }) => text !== undefined && text === row.text.trim())}
          />
        ))}
      </ol>
      <PictureList />
      {isLive && (
        <p className="hint">
          {sent === "typing" ? "Sending the change…" : "What you change here takes effect at the next step."}
        </p>
      )}
      <div className="row out">
        <button type="button" className="quiet" aria-label="Add a prompt" onClick={add}>
          <Icon name="add" /> Prompt
        </button>
        <AddPicture />
        <OpenPicture />
      </div>
    </section>
  );
}
