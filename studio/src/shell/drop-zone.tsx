/** The whole page takes pictures that are dropped or pasted on it. */
import { type DragEvent, type ReactNode, useEffect, useState } from "react";
import { service } from "../api/client.js";
import { restyle } from "../film/film-actions.js";
import { beNear, openPicture } from "../state/actions.js";
import { useStudio } from "../state/store.js";

/** What a drop does at a place of the page. */
type Aim = "open" | "near" | "place";

const words: Record<Aim, string> = {
  open: "Drop it to bring its settings back, or to change it; a video or several pictures to restyle them; on the prompts to be near it",
  near: "Drop it to be near it",
  place: "Drop it to place it on the painting",
};

export function DropZone({ children }: { readonly children: ReactNode }) {
  const [aim, setAim] = useState<Aim>();
  const painting = useStudio((state) => state.painting);
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
      if (file) void openPicture(file);
    };
    window.addEventListener("paste", paste);
    return () => window.removeEventListener("paste", paste);
  }, []);
  const aimOf = ({ target }: DragEvent): Aim => {
    if (target instanceof Element && target.closest("[data-drop=near]")) return "near";
    return painting ? "place" : "open";
  };
  const over = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    setAim(aimOf(event));
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setAim(undefined);
    const aimed = aimOf(event);
    const files = [...event.dataTransfer.files];
    const [file] = files;
    if (!file) return;
    if (aimed === "near") files.forEach(beNear);
    else if (aimed === "open" && service.films && (files.length > 1 || file.type.startsWith("video/")))
      void restyle(files);
    else void openPicture(file);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut; buttons do the same by keyboard
    <div
      className="page"
      onDragOver={over}
      onDragLeave={(event) => event.currentTarget === event.target && setAim(undefined)}
      onDrop={drop}
    >
      {children}
      {aim && (
        <div className="drop" aria-hidden="true">
          <p>{words[aim]}</p>
        </div>
      )}
    </div>
  );
}
