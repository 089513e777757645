/** A short word on what happened, with the way back where there is one. */
import { useEffect } from "react";
import { tell } from "../state/actions.js";
import { useStudio } from "../state/store.js";
import { Icon } from "./icon.js";

const SHOWN_MS = 12_000;

export function ToastLine() {
  const toast = useStudio((state) => state.toast);
  useEffect(() => {
    if (!toast) return;
    const timer = setTimeout(() => tell(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [toast]);
  const act = () => {
    tell(undefined);
    toast?.action?.run();
  };
  return (
    <div className="toasts" role="status">
      {toast && (
        <div className="toast">
          <span>{toast.text}</span>
          {toast.action && (
            <button type="button" className="link" onClick={act}>
              {toast.action.label}
            </button>
          )}
          <button type="button" className="quiet square" onClick={() => tell(undefined)} aria-label="Dismiss">
            <Icon name="close" />
          </button>
        </div>
      )}
    </div>
  );
}
