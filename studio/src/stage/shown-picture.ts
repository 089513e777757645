/** Which picture is on the stage, and which ones led to it. */
import { service } from "../api/client.js";
import type { Frame, Session, TreeNode } from "../api/types.js";

export function shownAddress(session: Session, looked: Frame | undefined): string | undefined {
  if (looked) return looked.url;
  return session.preview ?? (session.hasPicture ? service.pictureUrl(session.id, session.step) : undefined);
}

/** Every picture on the way from the beginning to where the run is, oldest first. */
export function framesOnTheWay({ nodes, node, frames }: Session): Frame[] {
  const byId = new Map(nodes.map((each) => [each.id, each]));
  const way: Frame[] = [];
  let until = Number.POSITIVE_INFINITY;
  for (let at = byId.get(node); at; at = at.parent === null ? undefined : byId.get(at.parent)) {
    const { id, from } = at;
    way.unshift(...frames.filter((frame) => frame.node === id && frame.step <= until));
    until = from;
  }
  return way;
}

/** The newest picture of a branch, up to a step. */
export const latestFrame = ({ frames }: Session, { id }: TreeNode, upTo = Number.POSITIVE_INFINITY) =>
  frames.findLast(({ node, step }) => node === id && step <= upTo);

/** The kept step of a picture's branch from which one can go on: the last one up to it, else the first. */
export function forkStep({ nodes }: Session, { node, step }: Pick<Frame, "node" | "step">): number | undefined {
  const kept = nodes.find(({ id }) => id === node)?.keptSteps ?? [];
  return kept.findLast((at) => at <= step) ?? kept[0];
}
