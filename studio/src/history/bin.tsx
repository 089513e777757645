/** What was deleted: it comes back one by one, or goes for good. */
import { useEffect, useRef, useState } from "react";
import { service } from "../api/client.js";
import type { Bin as Deleted } from "../api/types.js";
import { bytes } from "../shell/format.js";
import { Icon } from "../shell/icon.js";
import { Sheet } from "../shell/sheet.js";
import { doing, open, tell } from "../state/actions.js";
import { useStudio } from "../state/store.js";

/** A line below the gallery, where anything was deleted. */
export function Bin() {
  const there = useStudio(({ sessions }) => sessions.length); // another one is there, or is gone
  const isOpen = useStudio(({ link }) => link === "open");
  const [deleted, setDeleted] = useState<Deleted>();
  const dialog = useRef<HTMLDialogElement>(null);
  const look = () => service.bin().then(setDeleted, () => {}); // what is wrong with the service is told elsewhere
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked at anew when what is there has changed
  useEffect(() => {
    if (isOpen) void look();
  }, [there, isOpen]);

  if (!deleted || deleted.sessions.length === 0) return null;
  const close = () => dialog.current?.close();
  return (
    <>
      <button type="button" className="quiet bin" onClick={() => dialog.current?.showModal()}>
        <Icon name="trash" /> {deleted.sessions.length} deleted · {bytes(deleted.bytes)}
      </button>
      <Sheet dialog={dialog} title="Deleted pictures">
        <ul className="binned">
          {deleted.sessions.map(({ id, title, step, steps }) => (
            <li key={id} className="spread">
              <span className="cut" title={title}>
                {title}
              </span>
              <span className="hint">
                {step} of {steps}
              </span>
              <button
                type="button"
                aria-label={`Put back ${title}`}
                onClick={() => void putBack(id, title).then(close)}
              >
                Put back
              </button>
            </li>
          ))}
        </ul>
        <Emptying deleted={deleted} onEmpty={() => void empty(deleted).then(close).then(look)} />
      </Sheet>
    </>
  );
}

/** Asks once more: there is no way back. */
function Emptying({ deleted, onEmpty }: { readonly deleted: Deleted; readonly onEmpty: () => void }) {
  const isBusy = useStudio(({ busy }) => busy === "empty");
  const [asks, setAsks] = useState<boolean>();
  const next = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (asks !== undefined) next.current?.focus(); // the button that was pressed is gone
  }, [asks]);
  const count = deleted.sessions.length;
  if (!asks) {
    return (
      <button ref={next} type="button" onClick={() => setAsks(true)}>
        <Icon name="trash" /> Empty the bin…
      </button>
    );
  }
  const [these, them] = count === 1 ? ["This picture is", "it"] : [`These ${count} pictures are`, "them"];
  return (
    <div role="alertdialog" aria-labelledby="bin-asks" className="asks">
      <p id="bin-asks">
        {these} gone for good then, with all steps and branches. It frees {bytes(deleted.bytes)}.
      </p>
      <div className="row">
        <button ref={next} type="button" onClick={() => setAsks(false)}>
          Keep {them}
        </button>
        <button type="button" className="danger" disabled={isBusy} onClick={onEmpty}>
          Delete for good
        </button>
      </div>
    </div>
  );
}

async function putBack(id: string, title: string): Promise<void> {
  const isBack = await doing("restore", async () => {
    await service.restore(id);
    return true;
  });
  if (isBack) tell({ text: `“${title}” is back.`, action: { label: "Show it", run: () => open(id) } });
}

/** What is told then takes the place of an undo that there is no more. */
async function empty({ bytes: freed }: Deleted): Promise<void> {
  const isEmpty = await doing("empty", async () => {
    await service.emptyBin();
    return true;
  });
  if (isEmpty) tell({ text: `The bin is empty, ${bytes(freed)} are free again.` });
}
