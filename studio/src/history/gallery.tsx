/** All sessions, newest first; a deleted one can come back. */

import { service } from "../api/client.js";
import type { Summary } from "../api/types.js";
import { statusWords } from "../shell/format.js";
import { Icon } from "../shell/icon.js";
import { open, remove } from "../state/actions.js";
import { isActive, useStudio } from "../state/store.js";

export function Gallery() {
  const sessions = useStudio((state) => state.sessions);
  const keeps = useStudio((state) => state.info?.keeps ?? service.keeps);
  if (sessions.length === 0) return <p className="hint blank">Your pictures will be here. {keeps}</p>;
  return (
    <ul className="gallery" aria-label="All pictures">
      {sessions.map((session) => (
        <Card key={session.id} session={session} />
      ))}
    </ul>
  );
}

function Card({ session }: { readonly session: Summary }) {
  const isOpen = useStudio((state) => state.wanted === session.id);
  const { id, title, step, steps, preview } = session;
  const words = isActive(session) && session.status === "running" ? `${step} of ${steps}` : statusWords(session);
  return (
    <li className="card">
      <button
        type="button"
        className="look"
        aria-current={isOpen}
        aria-label={`${title}, ${words}`}
        onClick={() => open(id)}
      >
        {preview ? <img src={preview} alt="" loading="lazy" /> : <span className="no-picture" />}
        {isActive(session) && steps > 0 && <span className="bar" style={{ width: `${(100 * step) / steps}%` }} />}
      </button>
      <div className="caption">
        <span className="cut" title={title}>
          {title}
        </span>
        {session.status !== "finished" && <span className="hint">{words}</span>}
      </div>
      <button
        type="button"
        className="quiet square small delete"
        aria-label={`Delete ${title}`}
        onClick={() => void remove(id, title)}
      >
        <Icon name="trash" />
      </button>
    </li>
  );
}
