/** The stage before there is a picture: what to do first. */

import { ideas } from "../prompts/ideas.js";
import { edit } from "../state/actions.js";
import { get } from "../state/store.js";

export function Welcome() {
  const use = (text: string) => {
    const [first, ...rest] = get().draft.rows;
    if (first) edit({ rows: [{ ...first, text }, ...rest] });
  };
  return (
    <div className="welcome">
      <h2>Write what to see, then press Create</h2>
      <p className="hint">The picture grows here, step by step. Nothing leaves this machine.</p>
      <p className="ideas">
        {ideas.map((idea) => (
          <button key={idea} type="button" className="chip" onClick={() => use(idea)}>
            {idea}
          </button>
        ))}
      </p>
    </div>
  );
}
