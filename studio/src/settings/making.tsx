/** The left part: the form of the next picture, or of a grid of them. */
import { type ReactNode, useEffect, useState } from "react";
import { FilmFields } from "../film/film-fields.js";
import { AxisFields } from "../grid/axis-fields.js";
import { useAxisKinds, useCellCount } from "../grid/use-axis-kinds.js";
import { PromptList } from "../prompts/prompt-list.js";
import { create } from "../state/actions.js";
import { hasAim } from "../state/draft.js";
import { createGrid } from "../state/grid-actions.js";
import { useStudio } from "../state/store.js";
import { Advanced } from "./advanced.js";
import { Basics } from "./basics.js";
import { Needs } from "./needs.js";
import { Notices } from "./notices.js";
import { SourcePicture } from "./source-picture.js";

/** @param children further parts of the form */
export function Making({ children }: { readonly children?: ReactNode }) {
  const kinds = useAxisKinds();
  const count = useCellCount(kinds);
  const isGrid = useStudio((state) => state.draft.axes.length > 0);
  const isReady = useStudio(({ info, draft, busy }) => {
    return info !== undefined && hasAim(draft) && busy !== "create" && typeof count === "number";
  });
  const [isWide] = useState(() => matchMedia("(min-width: 900px)").matches); // later it is as somebody left it
  const isBusy = useStudio((state) => state.busy === "create");
  const make = () => {
    if (isReady) void (isGrid ? createGrid(kinds) : create());
  };
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      make();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
  return (
    <aside className="making" aria-label="What to make">
      <form
        noValidate // the service says what is wrong; the browser would be silent about a field in a closed part
        onSubmit={(event) => {
          event.preventDefault();
          make();
        }}
      >
        <PromptList />
        <Notices />
        <SourcePicture />
        <details className="fold" open={isWide}>
          <summary>Settings</summary>
          <Basics />
        </details>
        <FilmFields />
        <AxisFields />
        <Advanced />
        {children}
        <div className="create">
          <Needs pictures={count} />
          <button type="submit" className="main" disabled={!isReady} title="Ctrl Enter">
            {isBusy ? "Creating…" : isGrid && typeof count === "number" ? `Create ${count} pictures` : "Create"}
          </button>
        </div>
      </form>
    </aside>
  );
}
