/** Sessions on a shelf of the browser: written, shown, thrown away and brought back; and the bytes that are counted while loading. */
import { resolveObjectURL } from "node:buffer";
import { expect, test } from "vitest";
import { LoadCount } from "../../studio/src/local/load-count.js";
import { memoryShelf, type Shelf } from "../../studio/src/local/shelf.js";
import { ShelfStore } from "../../studio/src/local/shelf-store.js";

const bytes = (...values: number[]) => Uint8Array.of(...values);

const record = (id: string) => ({
  version: 1 as const,
  id,
  kind: "create" as const,
  request: {},
  status: "paused" as const,
  node: 1,
  step: 3,
  steps: 5,
  settings: { prompts: "a castle" },
  notices: [],
  runSeconds: 0,
  peakBytes: 1,
  promptImages: 0,
  losses: [],
  nodes: [],
  frames: [
    { node: 1, step: 0 },
    { node: 1, step: 2 },
  ],
  createdAt: "2026-01-01",
  updatedAt: "2026-01-01",
});

const shown = async (url: string) => new Uint8Array((await resolveObjectURL(url)?.arrayBuffer()) ?? new ArrayBuffer(0));

/** A page that was left and opened again: what it showed is gone, what lies on the shelf is not. */
const reopened = (shelf: Shelf) => new ShelfStore(shelf);

test("a session comes back with its files; its newest preview at once, the others when it is looked at", async () => {
  const shelf = memoryShelf();
  const store = new ShelfStore(shelf);
  const id = store.newId();
  expect(id).toMatch(/^[0-9a-f]{24}$/);
  await store.write(id, "session.vqclip", bytes(1, 2));
  await store.write(id, "prompt-1", bytes(5));
  await store.writePreview(id, 1, 0, bytes(3));
  await store.writePreview(id, 1, 2, bytes(4));
  await store.writeRecord(record(id));
  expect(await shown(store.promptImageUrl(id, 1))).toEqual(bytes(5));

  const later = reopened(shelf);
  expect(await later.all()).toEqual({ records: [record(id)], damaged: [] });
  expect(await later.read(id, "session.vqclip")).toEqual(bytes(1, 2));
  expect([await later.has(id, "session.vqclip"), await later.has(id, "image")]).toEqual([true, false]);
  expect(await shown(later.previewUrl(id, 1, 2))).toEqual(bytes(4));
  expect(later.previewUrl(id, 1, 0)).toBe("");
  await later.look(id);
  expect(await shown(later.previewUrl(id, 1, 0))).toEqual(bytes(3));
  expect(await shown(later.promptImageUrl(id, 1))).toEqual(bytes(5));
  await later.removePreview(id, 1, 0);
  expect(later.previewUrl(id, 1, 0)).toBe("");
});

test("what is thrown away comes back, until the page is opened anew", async () => {
  const shelf = memoryShelf();
  const store = new ShelfStore(shelf);
  const id = store.newId();
  await store.write(id, "image", bytes(7));
  await store.writeRecord(record(id));
  await store.discard(id);
  expect(await shelf.paths("sessions/")).toEqual([]);
  expect(await store.restore(id)).toEqual(record(id));
  expect(await store.read(id, "image")).toEqual(bytes(7));
  await store.discard(id);
  expect((await reopened(shelf).all()).records).toEqual([]);
  await expect(reopened(shelf).restore(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("a record that cannot be read is told of, and left alone", async () => {
  const shelf = memoryShelf();
  await shelf.put("sessions/abc/record.json", bytes(123));
  expect(await new ShelfStore(shelf).all()).toEqual({ records: [], damaged: ["sessions/abc/record.json"] });
  expect(await shelf.paths("sessions/abc/")).toHaveLength(1);
});

test("a browser without room says what would help", async () => {
  const full = { ...memoryShelf(), put: () => Promise.reject(new Error("QuotaExceededError")) };
  await expect(new ShelfStore(full).write("a", "image", bytes(1))).rejects.toMatchObject({
    code: "IO_FAILED",
    hint: expect.stringMatching(/delete pictures/),
  });
});

test("bytes of bytes over all files, also where a server does not say how many", () => {
  const told: { loaded: number; total: number }[] = [];
  const count = new LoadCount({ engine: 100, model: 50 }, (sum) => told.push(sum));
  count.heard({ url: "engine", loaded: 10, total: undefined });
  count.heard({ url: "model", loaded: 20, total: 40 }); // too soon after the first to be told
  count.heard({ url: "model", loaded: 40, total: 40 });
  count.heard({ url: "engine", loaded: 100, total: undefined });
  expect(told).toEqual([
    { loaded: 10, total: 150 },
    { loaded: 140, total: 140 },
  ]);
});
