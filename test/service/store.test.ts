/** What any store of sessions does, and what one that is shared does besides: it keeps former owners out. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { newRecord, type SessionRecord } from "../../src/service/record.js";
import { SharedFolder } from "../../src/service/shared-store.js";
import { FolderStore } from "../../src/service/store.js";

const folders: string[] = [];
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "vqgan-clip-store-"));
  folders.push(folder);
  return folder;
}
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

function recordOf(id: string, facts: Partial<SessionRecord> = {}): SessionRecord {
  const settings = { seed: 7, steps: 3 } as Parameters<typeof newRecord>[0]["settings"];
  const record = newRecord({ id, kind: "create", request: {}, promptImages: 0, peakBytes: 1, settings });
  return { ...record, ...facts };
}

async function made(store: FolderStore, facts: Partial<SessionRecord> = {}): Promise<string> {
  const id = store.newId();
  await store.make(id);
  await store.writeRecord(recordOf(id, facts));
  return id;
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const text = (read: Uint8Array | undefined) => read && Buffer.from(read).toString("utf8");
const refused = { code: "LOST" };

describe.each([
  { name: "FolderStore", open: (folder: string) => FolderStore.open(folder) },
  { name: "SharedFolder", open: (folder: string) => SharedFolder.share(folder) },
])("$name", ({ open }) => {
  test("what is written is read, by the next process too; what is not there is nothing", async () => {
    const folder = await newFolder();
    const store = await open(folder);
    const id = await made(store, { owner: "alice" });
    await store.write(id, "image", bytes("one"));
    await store.write(id, "image", bytes("two"));
    await store.writePreview(id, 1, 5, bytes("small"));
    expect(text(await store.read(id, "image"))).toBe("two");
    expect([await store.has(id, "image"), await store.has(id, "mask")]).toEqual([true, false]);
    expect([await store.read(id, "mask"), await store.readPreview(id, 1, 6)]).toEqual([undefined, undefined]);
    expect(await store.bytesKept()).toBeGreaterThan(8);
    await store.close();
    const next = await open(folder);
    const { records, damaged } = await next.all();
    expect([records.map((record) => [record.id, record.owner]), damaged]).toEqual([[[id, "alice"]], []]);
    expect(text(await next.readPreview(id, 1, 5))).toBe("small");
    await next.removePreview(id, 1, 5);
    expect(await next.readPreview(id, 1, 5)).toBeUndefined();
    await next.close();
  });

  test("into the bin and out of it, whole", async () => {
    const store = await open(await newFolder());
    const id = await made(store);
    await store.write(id, "mask", bytes("m"));
    await store.discard(id);
    expect([(await store.all()).records, await store.read(id, "mask")]).toEqual([[], undefined]);
    expect((await store.binned(id))?.id).toBe(id);
    expect((await store.restore(id)).id).toBe(id);
    expect(text(await store.read(id, "mask"))).toBe("m");
    await expect(store.restore(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await store.close();
  });

  test("a record that is damaged is named and left; names that are none lead nowhere", async () => {
    const store = await open(await newFolder());
    const id = await made(store);
    await store.write(id, "record.json", bytes("{"));
    expect((await store.all()).damaged).toEqual([expect.stringContaining(id)]);
    expect(text(await store.read(id, "record.json"))).toBe("{");
    await expect(store.read("../..", "image")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await store.close();
  });

  test("a folder that is a file is told so", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, "file"), "");
    for (const path of [join(folder, "file"), join(folder, "file", "in")]) {
      await expect(open(path)).rejects.toMatchObject({
        code: "IO_FAILED",
        message: expect.stringContaining("is a file"),
      });
    }
  });
});

describe("a folder that several share", () => {
  test("who takes a session over shuts its former owner out, whose writes change nothing", async () => {
    const folder = await newFolder();
    const [first, second, server] = await Promise.all([1, 2, 3].map(() => SharedFolder.share(folder)));
    const id = await made(first!);
    expect(await first!.claim(id)).toBe(1);
    await first!.write(id, "session.vqclip", bytes("of the first"));
    expect(await second!.claim(id)).toBe(2);
    for (const write of [
      () => first!.write(id, "session.vqclip", bytes("late")),
      () => first!.writeRecord(recordOf(id, { status: "failed" })),
      () => first!.writePreview(id, 1, 1, bytes("late")),
      () => first!.discard(id),
      () => first!.read(id, "session.vqclip"),
    ]) {
      await expect(write()).rejects.toMatchObject(refused);
    }
    expect(text(await second!.read(id, "session.vqclip"))).toBe("of the first");
    await second!.write(id, "session.vqclip", bytes("of the second"));
    expect(text(await server!.read(id, "session.vqclip"))).toBe("of the second"); // who has it not finds it
    expect(await server!.readPreview(id, 1, 1)).toBeUndefined();
    expect(await readdir(join(folder, "sessions"))).toEqual([`${id}.2`]);
    for (const store of [first, second, server]) await store!.close();
  });

  test("of many who take it over at once, each has its own number, and the last alone may write", async () => {
    const folder = await newFolder();
    const stores = await Promise.all(Array.from({ length: 6 }, () => SharedFolder.share(folder)));
    const id = await made(stores[0]!);
    const numbers = await Promise.all(stores.map((store) => store.claim(id)));
    expect([...numbers].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    const may = await Promise.all(
      stores.map((store) =>
        store.write(id, "image", bytes("x")).then(
          () => true,
          () => false,
        ),
      ),
    );
    expect(numbers.filter((_, i) => may[i])).toEqual([6]);
    for (const store of stores) await store.close();
  });

  test("one that was deleted and came back is nobody's; one that is deleted cannot be taken", async () => {
    const folder = await newFolder();
    const [first, second] = await Promise.all([SharedFolder.share(folder), SharedFolder.share(folder)]);
    const id = await made(first!);
    await first!.claim(id);
    await second!.claim(id);
    await second!.discard(id);
    await expect(first!.claim(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await second!.restore(id);
    await expect(first!.write(id, "image", bytes("late"))).rejects.toMatchObject(refused);
    expect(await first!.claim(id)).toBe(4);
    for (const store of [first, second]) await store!.close();
  });

  test("is shared with those who share alone; afterwards one process may have it all", async () => {
    const folder = await newFolder();
    const shared = await SharedFolder.share(folder);
    const id = await made(shared);
    await shared.claim(id);
    await expect(FolderStore.open(folder)).rejects.toThrow("processes that share this folder");
    await shared.close();
    const alone = await FolderStore.open(folder);
    expect((await alone.all()).records.map((record) => record.id)).toEqual([id]);
    await alone.write(id, "image", bytes("still written"));
    await expect(SharedFolder.share(folder)).rejects.toThrow("serves this folder");
    await alone.close();
  });

  test("what another process is about to make is left alone", async () => {
    const folder = await newFolder();
    const store = await SharedFolder.share(folder);
    const id = store.newId();
    await mkdir(join(folder, "sessions", id));
    expect((await store.all()).records).toEqual([]);
    expect(await readdir(join(folder, "sessions"))).toEqual([id]);
    await store.close();
  });
});
