/** The left part: the form of the next picture. */
import { type ReactNode, useEffect } from "react";
import { PromptList } from "../prompts/prompt-list.js";
import { promptsOf } from "../prompts/prompt-rows.js";
import { create } from "../state/actions.js";
import { useStudio } from "../state/store.js";
import { Advanced } from "./advanced.js";
import { Basics } from "./basics.js";
import { Notices } from "./notices.js";
import { SourcePicture } from "./source-picture.js";

/** @param children further parts of the form */
export function Making({ children }: { readonly children?: ReactNode }) {
  const isReady = useStudio(({ info, draft, busy }) => {
    const hasAim = promptsOf(draft.rows) !== "" || Array.isArray(draft.advanced.targets);
    return info !== undefined && hasAim && busy !== "create";
  });
  const isBusy = useStudio((state) => state.busy === "create");
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !isReady) return;
      event.preventDefault();
      void create();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [isReady]);
  const submit = (event: { preventDefault: () => void }) => {
    event.preventDefault();
    if (isReady) void create();
  };
  return (
    <aside className="making" aria-label="What to make">
      <form onSubmit={submit}>
        <PromptList />
        <Notices />
        <SourcePicture />
        <details className="fold" open={matchMedia("(min-width: 900px)").matches}>
          <summary>Settings</summary>
          <Basics />
        </details>
        <Advanced />
        {children}
        <div className="create">
          <button type="submit" className="main" disabled={!isReady} title="Ctrl Enter">
            {isBusy ? "Creating…" : "Create"}
          </button>
        </div>
      </form>
    </aside>
  );
}
