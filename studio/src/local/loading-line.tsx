/** How much of engine and models has come; or that another tab has the pictures. */
import { useStudio } from "../state/store.js";
import { useEngine } from "./engine-state.js";

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

export function LoadingLine() {
  const stage = useEngine((state) => state.stage);
  const loading = useEngine((state) => state.loading);
  const isReady = useStudio((state) => state.info !== undefined);
  if (stage === "waiting") {
    return (
      <div className="problems">
        <p className="banner" role="status">
          <span>
            <strong>The studio is open in another tab.</strong> Its pictures are there; this one goes on when that one
            is closed.
          </span>
        </p>
      </div>
    );
  }
  if (stage === "failed" || (stage === "ready" && isReady)) return null;
  const { loaded, total } = loading ?? { loaded: 0, total: 0 };
  const isAllThere = loading === undefined ? stage === "ready" : loaded >= total;
  const words = isAllThere
    ? "Opening the models"
    : total === 0
      ? "Asking for the models"
      : `Loading engine and models: ${megabytes(loaded)} of ${megabytes(total)} MB`;
  return (
    <div className="loading-line">
      <p data-testid="loading">{words}</p>
      <progress aria-label="Loading engine and models" {...(total > 0 && { value: loaded, max: total })} />
    </div>
  );
}
