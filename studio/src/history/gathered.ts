/** What the gallery shows as one: a session, or all of a grid. */
import type { Summary } from "../api/types.js";

/** Sessions of one grid together, where its newest one stands; each other one alone. */
export function gathered(sessions: readonly Summary[]): Summary[][] {
  const groups = new Map<string, Summary[]>();
  for (const session of sessions) {
    const key = session.group?.id ?? session.id;
    groups.set(key, [...(groups.get(key) ?? []), session]);
  }
  return [...groups.values()];
}
