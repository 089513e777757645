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
  const under = (node: NodeFacts, indent: string): string[] => {
    const children = nodes.filter(({ origin }) => origin.kind !== "start" && origin.node === node.id);
    return children.flatMap((child, i) => {
      const isLast = i === children.length - 1;
      const deeper = under(child, `${indent}${isLast ? "   " : "|  "}`);
      return [`${indent}${isLast ? "`- " : "|- "}${nodeLine(child, current)}`, ...deeper];
    });
  };
  const roots = nodes.filter(({ origin }) => origin.kind === "start");
  return ["tree:", ...roots.flatMap((root) => [nodeLine(root, current), ...under(root, "")])];
}

function nodeLine({ id, origin, status, step, steps, kept, prompts }: NodeFacts, current: number): string {
  const began =
    origin.kind === "start" ? "" : ` ${origin.kind === "paint" ? "painted at" : "from"} step ${origin.step}`;
  const back = kept.length > 1 ? `, kept ${kept.join(" ")}` : "";
  return `${id}${id === current ? "*" : ""} ${status} ${step}/${steps}${began}${back}: ${prompts}`;
}
