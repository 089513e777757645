/** Grids: many small sessions of one form, made, looked at and ended together. */
import { service } from "../api/client.js";
import type { Summary } from "../api/types.js";
import { type AxisKind, type Cell, cellsOf } from "../grid/axes.js";
import { doing, openGrid, remove } from "./actions.js";
import { filesOf, requestOf } from "./draft.js";
import { drawnSeed } from "./seed.js";
import { get, isActive } from "./store.js";

/** Makes every picture of the grid that the form describes; they wait for their turns. */
export async function createGrid(kinds: readonly AxisKind[]): Promise<void> {
  const { draft } = get();
  const group = crypto.randomUUID();
  const cells = cellsOf(draft, kinds, drawnSeed());
  await doing("create", async () => {
    for (const cell of cells) {
      await createCell(cell, group);
      openGrid(group);
    }
  });
  document.getElementById("stage")?.scrollIntoView({ block: "start" });
}

async function createCell({ draft, values }: Cell, id: string): Promise<void> {
  const { info } = get();
  if (!info) return;
  const request = { ...requestOf(draft, info), group: { id, values } };
  await service.create(request, filesOf(draft));
}

/** The pictures of a grid, in the order in which they were made. */
export function membersOf(sessions: readonly Summary[], id: string): Summary[] {
  const members = sessions.filter(({ group }) => group?.id === id);
  return members.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
}

export function stopSessions(members: readonly Summary[]): Promise<unknown> {
  return doing("stop", async () => {
    for (const { id } of members.filter(isActive)) await service.cancel(id);
  });
}

export function removeGrid(members: readonly Summary[]): Promise<void> {
  return remove(
    members.map(({ id }) => id),
    `Grid of ${members.length}`,
  );
}
