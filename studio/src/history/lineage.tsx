/** The tree of a session: where it began, each branch, and the ways back. */
import type { Session, TreeNode } from "../api/types.js";
import { Icon } from "../shell/icon.js";
import { latestFrame } from "../stage/shown-picture.js";
import { accept, fork } from "../state/actions.js";
import { set, useStudio } from "../state/store.js";

export function Lineage() {
  const session = useStudio((state) => state.session);
  if (!session) return <p className="hint blank">Each pause, painting and way back becomes a branch here.</p>;
  const known = new Set(session.nodes.map(({ id }) => id));
  const roots = session.nodes.filter(({ parent }) => parent === null || !known.has(parent));
  return (
    <ul className="tree" aria-label="Branches of this picture">
      {roots.map((node) => (
        <Branch key={node.id} node={node} session={session} depth={0} />
      ))}
    </ul>
  );
}

interface BranchProps {
  readonly node: TreeNode;
  readonly session: Session;
  readonly depth: number;
}

function Branch({ node, session, depth }: BranchProps) {
  const children = session.nodes.filter(({ parent }) => parent === node.id);
  return (
    <li>
      <Entry node={node} session={session} />
      {children.length > 0 && (
        <ul className={children.length > 1 || depth === 0 ? "forked" : ""}>
          {children.map((child) => (
            <Branch key={child.id} node={child} session={session} depth={depth + 1} />
          ))}
        </ul>
      )}
    </li>
  );
}

const kinds = { start: "Start", fork: "Branch", paint: "Painted" } as const;

function Entry({ node, session }: Omit<BranchProps, "depth">) {
  const compared = useStudio((state) => state.compared);
  const looked = useStudio((state) => state.looked);
  const isCurrent = node.id === session.node;
  const frame = latestFrame(session, node);
  const parent = session.nodes.find(({ id }) => id === node.parent);
  const last = isCurrent ? session.step : Math.max(node.step, frame?.step ?? 0);
  const name = kinds[node.kind];
  const range = last > node.from ? `steps ${node.from} to ${last}` : `step ${last}`;
  const picture =
    (isCurrent ? session.preview : undefined) ??
    frame?.url ??
    node.picture ??
    (parent && latestFrame(session, parent, node.from)?.url);
  const { prompts } = node.settings;
  const isReworded = parent !== undefined && parent.settings.prompts !== prompts;
  const isLooked = looked ? looked.node === node.id : isCurrent;
  const isComparing = compared?.node === node.id;
  return (
    <div className={isCurrent ? "entry current" : "entry"}>
      <button
        type="button"
        className="look"
        aria-current={isLooked}
        onClick={() => set({ looked: isCurrent ? undefined : frame, painting: false })}
      >
        {picture ? <img src={picture} alt="" loading="lazy" /> : <span className="no-picture" />}
        <span>
          <strong>{name}</strong>
          <span className="hint">{range}</span>
          {isReworded && (
            <span className="hint reworded" title={prompts}>
              {prompts}
            </span>
          )}
          {isCurrent && <span className="sr">the current branch</span>}
        </span>
      </button>
      <span className="row">
        <button
          type="button"
          className="quiet square small"
          aria-pressed={isComparing}
          aria-label={`Compare with ${name}, ${range}`}
          title="Compare the picture on the stage with this one"
          disabled={!frame}
          onClick={() => set({ compared: isComparing ? undefined : frame, painting: false })}
        >
          <Icon name="compare" />
        </button>
        {!isCurrent && (
          <>
            <button
              type="button"
              className="quiet square small"
              aria-label={`Go on from ${name}, step ${node.step}`}
              title="Go on from here, as a new branch"
              onClick={() => void fork(node.id, node.step)}
            >
              <Icon name="fork" />
            </button>
            <button
              type="button"
              className="quiet square small"
              aria-label={`Accept ${name}, ${range}`}
              title="Accept this branch: its picture becomes the session's"
              onClick={() => void accept(node.id)}
            >
              <Icon name="check" />
            </button>
          </>
        )}
      </span>
    </div>
  );
}
