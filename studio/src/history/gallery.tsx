/** All sessions, newest first, those of a grid as one; a deleted one can come back. */
import { service } from "../api/client.js";
import type { Summary } from "../api/types.js";
import { statusWords } from "../shell/format.js";
import { Icon } from "../shell/icon.js";
import { open, openGrid, remove } from "../state/actions.js";
import { removeGrid } from "../state/grid-actions.js";
import { isActive, useStudio } from "../state/store.js";
import { Bin } from "./bin.js";
import { gathered } from "./gathered.js";

export function Gallery() {
  const sessions = useStudio((state) => state.sessions);
  const keeps = useStudio((state) => state.info?.keeps ?? service.keeps);
  return (
    <>
      {sessions.length === 0 ? (
        <p className="hint blank">Your pictures will be here. {keeps}</p>
      ) : (
        <ul className="gallery" aria-label="All pictures">
          {gathered(sessions).map((members) => (
            <Card key={members[0]?.group?.id ?? members[0]?.id} members={members} />
          ))}
        </ul>
      )}
      <Bin />
    </>
  );
}

function Card({ members }: { readonly members: readonly Summary[] }) {
  const [newest] = members as [Summary];
  const grid = members.length > 1 ? newest.group?.id : undefined;
  const isOpen = useStudio(({ wanted, grid: shown }) =>
    grid === undefined ? wanted === newest.id : shown === grid || members.some(({ id }) => id === wanted),
  );
  const { id, step, steps } = newest;
  const working = members.filter(isActive);
  const title = grid === undefined ? newest.title : `Grid of ${members.length}: ${newest.title}`;
  const one = newest.status === "running" ? `${step} of ${steps}` : statusWords(newest);
  const words = grid === undefined ? one : working.length > 0 ? `${working.length} to come` : "Finished";
  const share = grid === undefined ? step / steps : 1 - working.length / members.length;
  return (
    <li className="card">
      <button
        type="button"
        className="look"
        aria-current={isOpen}
        aria-label={`${title}, ${words}`}
        onClick={() => (grid === undefined ? open(id) : openGrid(grid))}
      >
        {grid === undefined ? (
          <Thumbnail preview={newest.preview} />
        ) : (
          <span className="mosaic">
            {shownFirst(members).map((member) => (
              <Thumbnail key={member.id} preview={member.preview} />
            ))}
          </span>
        )}
        {working.length > 0 && steps > 0 && <span className="bar" style={{ width: `${100 * share}%` }} />}
      </button>
      <div className="caption">
        <span className="cut" title={title}>
          {title}
        </span>
        {words !== "Finished" && <span className="hint">{words}</span>}
      </div>
      <button
        type="button"
        className="quiet square small delete"
        aria-label={`Delete ${title}`}
        onClick={() => void (grid === undefined ? remove([id], title) : removeGrid(members))}
      >
        <Icon name="trash" />
      </button>
    </li>
  );
}

/** Four of a grid, those that have a picture before the others. */
const shownFirst = (members: readonly Summary[]) =>
  [...members.filter(({ preview }) => preview), ...members.filter(({ preview }) => !preview)].slice(0, 4);

function Thumbnail({ preview }: { readonly preview: Summary["preview"] }) {
  return preview ? <img src={preview} alt="" loading="lazy" /> : <span className="no-picture" />;
}
