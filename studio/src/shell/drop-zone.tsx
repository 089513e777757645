/** The whole page takes pictures that are dropped or pasted on it. */
import { type DragEvent, type ReactNode, useEffect, useState } from "react";
import { openPicture } from "../state/actions.js";
import { useStudio } from "../state/store.js";

export function DropZone({ children }: { readonly children: ReactNode }) {
  const [isOver, setOver] = useState(false);
  const painting = useStudio((state) => state.painting);
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
      if (file) void openPicture(file);
    };
    window.addEventListener("paste", paste);
    return () => window.removeEventListener("paste", paste);
  }, []);
  const over = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    setOver(true);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file) void openPicture(file);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut; "Open a picture" is the same by keyboard
    <div
      className="page"
      onDragOver={over}
      onDragLeave={(event) => event.currentTarget === event.target && setOver(false)}
      onDrop={drop}
    >
      {children}
      {isOver && (
        <div className="drop" aria-hidden="true">
          <p>
            {painting ? "Drop it to place it on the painting" : "Drop it to bring its settings back, or to change it"}
          </p>
        </div>
      )}
    </div>
  );
}
