/** What is wrong, in words: a lost connection, a refused request, a failed run. */

import { inFormsWords } from "../settings/schema-fields.js";
import { set, useStudio } from "../state/store.js";
import { capitalised } from "./format.js";
import { Icon } from "./icon.js";

export function Problems() {
  const isLost = useStudio((state) => state.link === "lost");
  const problem = useStudio((state) => state.problem);
  const schema = useStudio((state) => state.info?.settings);
  const failure = useStudio((state) => (state.session?.status === "failed" ? state.session.error : undefined));
  const shown = problem ?? failure;
  return (
    <div className="problems">
      {isLost && (
        <p className="banner" role="alert">
          <span className="spinner" aria-hidden="true" />
          <span>
            <strong>Connection lost, trying again.</strong> What runs goes on, and every saved step is on disk. If the
            program was closed, start <code>vqgan-clip studio</code> again.
          </span>
        </p>
      )}
      {shown && shown.code !== "UNREACHABLE" && (
        <div className="banner wrong" role="alert">
          <span>
            <strong>
              {shown.status === 401
                ? "This page needs its link again"
                : sentence(inFormsWords(shown.detail ?? shown.title ?? "Something went wrong", schema ?? {}))}
            </strong>
            {shown.status === 401
              ? " Open the address that the terminal shows."
              : shown.hint
                ? ` ${sentence(shown.hint)}`
                : ""}
          </span>
          {problem && (
            <button
              type="button"
              className="quiet square"
              onClick={() => set({ problem: undefined })}
              aria-label="Dismiss"
            >
              <Icon name="close" />
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function sentence(words: string): string {
  const text = capitalised(words);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
