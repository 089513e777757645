/** A session's tree for people and for scripts. */
import { type NodeOrigin, type SessionNode, tipOf } from "../sessions/session-tree.js";

export interface NodeFacts {
  readonly id: number;
  readonly origin: NodeOrigin;
  readonly status: string;
  readonly step: number;
  readonly steps: number;
  /** Steps that `resume --at` can go back to. */
  readonly kept: readonly number[];
  readonly prompts: string;
}

export function nodeFacts(node: SessionNode): NodeFacts {
  const { step, settings } = tipOf(node);
  const kept = node.states.map((state) => state.step);
  const { id, origin, status } = node;
  return { id, origin, status, step, steps: settings.steps, kept, prompts: settings.prompts };
}

/**
 * A line for each node, children under their parents; * marks the one that goes on:
 *
 *     tree:
 *     1 finished 200/200, kept 100 200: a castle
 *     |- 2 paused 150/200 from step 100: a castle | fog
 *     `- 3* running 230/300 painted at step 200: a castle
 */
export function treeLines(nodes: readonly NodeFacts[], current: number): string[] {
  const children = new Map<number | undefined, NodeFacts[]>();
  for (const node of nodes) {
    const parent = node.origin.kind === "start" ? undefined : node.origin.node;
    children.set(parent, [...(children.get(parent) ?? []), node]);
  }
  const lines = ["tree:"];
  // A list of what is to come and no recursion: forks of forks may be thousands deep.
  const waiting = (children.get(undefined) ?? []).toReversed().map((node) => ({ node, lead: "", indent: "" }));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { node, lead, indent } = next;
    lines.push(`${lead}${nodeLine(node, current)}`);
    const below = children.get(node.id) ?? [];
    const isDeep = indent.length >= MAX_INDENT;
    for (const [i, child] of [...below.entries()].reverse()) {
      const [branch, beside] = i === below.length - 1 ? ["`- ", "   "] : ["|- ", "|  "];
      waiting.push({
        node: child,
        lead: `${indent}${branch}${isDeep ? `(under ${node.id}) ` : ""}`,
        indent: isDeep ? indent : indent + beside,
      });
    }
  }
  return lines;
}

/** Deeper children are told their parent and stay at this column. */
const MAX_INDENT = 60;

function nodeLine({ id, origin, status, step, steps, kept, prompts }: NodeFacts, current: number): string {
  const began =
    origin.kind === "start" ? "" : ` ${origin.kind === "paint" ? "painted at" : "from"} step ${origin.step}`;
  const back = kept.length > 1 ? `, kept ${kept.join(" ")}` : "";
  return `${id}${id === current ? "*" : ""} ${status} ${step}/${steps}${began}${back}: ${prompts}`;
}
