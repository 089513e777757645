/** A dialog over the page, with its title and a way out. */
import { type ReactNode, type RefObject, useId } from "react";
import { Icon } from "./icon.js";

interface Props {
  readonly dialog: RefObject<HTMLDialogElement | null>;
  readonly title: string;
  readonly children: ReactNode;
  readonly onClose?: () => void;
}

export function Sheet({ dialog, title, children, onClose }: Props) {
  const id = useId();
  return (
    <dialog ref={dialog} className="sheet" aria-labelledby={id} onClose={onClose}>
      <div className="spread">
        <h2 id={id}>{title}</h2>
        <button type="button" className="quiet square" onClick={() => dialog.current?.close()} aria-label="Close">
          <Icon name="close" />
        </button>
      </div>
      {children}
    </dialog>
  );
}
