/** The top line: what runs where, how many wait, light or dark, and the keys. */

import { useEffect, useRef, useState } from "react";
import { startAnew } from "../state/actions.js";
import { isActive, useStudio } from "../state/store.js";
import { capitalised } from "./format.js";
import { Help } from "./help.js";
import { Icon } from "./icon.js";
import { applyTheme, storedTheme, type Theme, themes } from "./theme.js";

export function Header() {
  const info = useStudio((state) => state.info);
  const waiting = useStudio((state) => state.sessions.filter(({ status }) => status === "queued").length);
  const working = useStudio((state) => state.sessions.filter(isActive).length);
  const [theme, setTheme] = useState<Theme>(storedTheme);
  const help = useRef<HTMLDialogElement>(null);
  useEffect(() => applyTheme(theme), [theme]);

  const threads = info?.threads ? ` · ${info.threads} ${info.threads === 1 ? "thread" : "threads"}` : "";
  return (
    <header className="top">
      <h1 className="name">
        <span>vqgan-clip</span> studio
      </h1>
      {info && (
        <p className="facts">
          <span>
            {info.device.toUpperCase()}
            {threads}
          </span>
          <span>{working === 0 ? "idle" : waiting === 0 ? "1 at work" : `1 at work, ${waiting} waiting`}</span>
        </p>
      )}
      <div className="row">
        <button type="button" className="quiet" onClick={startAnew}>
          <Icon name="add" /> <span>New</span>
        </button>
        <label className="theme">
          <Icon name="sun" />
          <span className="sr">Theme</span>
          <select value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
            {themes.map((name) => (
              <option key={name} value={name}>
                {capitalised(name)}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          className="quiet square"
          onClick={() => help.current?.showModal()}
          aria-label="Help and keys"
        >
          <Icon name="help" />
        </button>
      </div>
      <Help dialog={help} />
    </header>
  );
}
