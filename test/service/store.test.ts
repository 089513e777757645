/** What any store of sessions does, and what one that is shared does besides: it keeps former owners out. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { Bucket } from "../../src/service/network/bucket.js";
import { ObjectStore } from "../../src/service/network/object-store.js";
import { Table } from "../../src/service/network/table.js";
import type { SessionStore } from "../../src/service/platform.js";
import { newRecord, type SessionRecord } from "../../src/service/record.js";
import { SharedFolder } from "../../src/service/shared-store.js";
import { FolderStore } from "../../src/service/store.js";
import { hasMoto, TestBucket } from "../support/bucket.js";
import { hasPostgres, TestPostgres } from "../support/postgres.js";

const folders: string[] = [];
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "vqgan-clip-store-"));
  folders.push(folder);
  return folder;
}
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

let bucket: TestBucket | undefined;
let buckets = 0;
/** A prefix of its own. */
async function newBucket(): Promise<string> {
  if (!bucket) {
    bucket = await TestBucket.start();
    for (const [name, value] of Object.entries(bucket.environment)) vi.stubEnv(name, value);
  }
  return `s3://sessions/of-test-${++buckets}`;
}

let postgres: TestPostgres | undefined;
async function newDatabase(): Promise<string> {
  postgres ??= await TestPostgres.start();
  return postgres.newDatabase();
}
afterAll(() => Promise.all([bucket?.end(), postgres?.end()]));

/** Where sessions can be kept, and how a place is opened. */
const alone = { name: "FolderStore", place: newFolder, open: (place: string) => FolderStore.open(place) };
const folder = { name: "SharedFolder", place: newFolder, open: (place: string) => SharedFolder.share(place) };
const inBucket = { name: "ObjectStore (S3)", place: newBucket, open: (place: string) => ObjectStore.open(place) };
const open = (place: string) => ObjectStore.open(place);
const inTable = { name: "ObjectStore (PostgreSQL)", place: newDatabase, open };
const folderStores = [alone, folder];
const sharedStores = [folder, ...(hasMoto ? [inBucket] : []), ...(hasPostgres ? [inTable] : [])];
const allStores = [alone, ...sharedStores];

function recordOf(id: string, facts: Partial<SessionRecord> = {}): SessionRecord {
  const settings = { seed: 7, steps: 3 } as Parameters<typeof newRecord>[0]["settings"];
  const record = newRecord({ id, kind: "create", request: {}, promptImages: 0, peakBytes: 1, settings });
  return { ...record, ...facts };
}

async function made(store: SessionStore, facts: Partial<SessionRecord> = {}): Promise<string> {
  const id = store.newId();
  await store.make(id);
  await store.writeRecord(recordOf(id, facts));
  return id;
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const text = (read: Uint8Array | undefined) => read && Buffer.from(read).toString("utf8");
const refused = { code: "LOST" };

describe.each(allStores)("$name", { timeout: 60_000 }, ({ place, open }) => {
  test("what is written is read, by the next process too; what is not there is nothing", async () => {
    const at = await place();
    const store = await open(at);
    const id = await made(store, { owner: "alice" });
    await store.write(id, "image", bytes("one"));
    await store.write(id, "image", bytes("two"));
    await store.writePreview(id, 1, 5, bytes("small"));
    expect(text(await store.read(id, "image"))).toBe("two");
    expect([await store.has(id, "image"), await store.has(id, "mask")]).toEqual([true, false]);
    expect([await store.read(id, "mask"), await store.readPreview(id, 1, 6)]).toEqual([undefined, undefined]);
    const sizes = await store.sizes();
    expect([...sizes.keys()]).toEqual([id]);
    expect(sizes.get(id)).toBeGreaterThan(8);
    await store.close();
    const next = await open(at);
    const { records, damaged } = await next.all();
    expect([records.map((record) => [record.id, record.owner]), damaged]).toEqual([[[id, "alice"]], []]);
    expect(text(await next.readPreview(id, 1, 5))).toBe("small");
    await next.removePreview(id, 1, 5);
    expect(await next.readPreview(id, 1, 5)).toBeUndefined();
    await next.close();
  });

  test("into the bin and out of it, whole", async () => {
    const store = await open(await place());
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

  test("sizes are at all times those that another process finds", async () => {
    const at = await place();
    const store = await open(at);
    const id = await made(store);
    const first = store.sizes(); // counted while more is written
    await store.write(id, "image", bytes("x".repeat(3000)));
    await first;
    const grown = async () => (await store.sizes()).get(id) as number;
    const before = await grown();
    expect(before).toBeGreaterThan(3000);
    await store.write(id, "image", bytes("x".repeat(1000)));
    await store.writePreview(id, 1, 5, bytes("x".repeat(700)));
    expect((await grown()) - before).toBeGreaterThanOrEqual(-1300);
    expect((await grown()) - before).toBeLessThan(-1200); // a place for each may have a name of its own, no more
    await store.removePreview(id, 1, 5);
    await store.discard(id);
    await store.restore(id);
    const left = await grown();
    await store.close();
    const next = await open(at);
    expect((await next.sizes()).get(id)).toBe(left);
    await next.close();
  });

  test("what is in the bin has its size, and goes for good; what is not there stays", async () => {
    const store = await open(await place());
    const [id, other] = [await made(store), await made(store)];
    await store.write(id, "image", bytes("x".repeat(5000)));
    await store.discard(id);
    expect(await store.bin()).toEqual([id]);
    expect((await store.sizes()).get(id)).toBeGreaterThan(5000);
    await store.erase(id);
    expect([await store.bin(), [...(await store.sizes()).keys()]]).toEqual([[], [other]]);
    expect(await store.binned(id)).toBeUndefined();
    await expect(store.restore(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await store.all()).records.map((record) => record.id)).toEqual([other]);
    await store.close();
  });

  test("a record that is damaged is named and left; names that are none lead nowhere", async () => {
    const store = await open(await place());
    const id = await made(store);
    await store.write(id, "record.json", bytes("{"));
    expect((await store.all()).damaged).toEqual([expect.stringContaining(id)]);
    expect(text(await store.read(id, "record.json"))).toBe("{");
    await expect(store.read("../..", "image")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await store.close();
  });
});

describe.each(sharedStores)("$name, that several share", { timeout: 60_000 }, ({ place, open }) => {
  test("who takes a session over shuts its former owner out, whose writes change nothing", async () => {
    const at = await place();
    const [first, second, server] = await Promise.all([1, 2, 3].map(() => open(at)));
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
    for (const store of [first, second, server]) await store!.close();
  });

  test("of many who take it over at once, each has its own number, and the last alone may write", async () => {
    const at = await place();
    const stores = await Promise.all(Array.from({ length: 6 }, () => open(at)));
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
    const at = await place();
    const [first, second] = await Promise.all([open(at), open(at)]);
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
});

describe("a folder", () => {
  test.each(folderStores)("that is a file is told so: $name", async ({ open }) => {
    const folder = await newFolder();
    await writeFile(join(folder, "file"), "");
    for (const path of [join(folder, "file"), join(folder, "file", "in")]) {
      await expect(open(path)).rejects.toMatchObject({
        code: "IO_FAILED",
        message: expect.stringContaining("is a file"),
      });
    }
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

describe.skipIf(!hasMoto)("a bucket", { timeout: 60_000 }, () => {
  test("what is replaced and what a former owner wrote late leave nothing behind; half-written ones are nobody's", async () => {
    const at = await newBucket();
    const [first, second] = await Promise.all([ObjectStore.open(at), ObjectStore.open(at)]);
    const id = await made(first);
    await first.write(id, "image", bytes("one"));
    const before = (await first.sizes()).get(id);
    await first.write(id, "image", bytes("two"));
    expect((await first.sizes()).get(id)).toBe(before);
    await second.claim(id);
    const after = (await second.sizes()).get(id);
    await expect(first.write(id, "image", bytes("a late one"))).rejects.toMatchObject(refused);
    expect((await second.sizes()).get(id)).toBe(after);
    await first.make(first.newId());
    expect((await second.all()).records.map((record) => record.id)).toEqual([id]);
  });

  test("many writes at once lose none", async () => {
    const store = await ObjectStore.open(await newBucket());
    const id = await made(store);
    await Promise.all([1, 2, 3, 4, 5].map((step) => store.writePreview(id, 1, step, bytes(String(step)))));
    const read = await Promise.all([1, 2, 3, 4, 5].map((step) => store.readPreview(id, 1, step)));
    expect(read.map(text)).toEqual(["1", "2", "3", "4", "5"]);
  });

  test("without its keys, and where there is none, it is told in words", async () => {
    const at = await newBucket();
    await expect(ObjectStore.open("s3://no-such-bucket/x")).rejects.toMatchObject({
      code: "IO_FAILED",
      message: expect.stringMatching(/NoSuchBucket|404/),
    });
    await expect(ObjectStore.open("s3://")).rejects.toThrow("expected s3://BUCKET");
    await expect(Bucket.open(at, {})).rejects.toMatchObject({ hint: expect.stringContaining("AWS_ACCESS_KEY_ID") });
  });
});

describe.skipIf(!hasPostgres)("a table", { timeout: 60_000 }, () => {
  test("what is not there, and a server that is away, are told in words, without the password; when it is back, all is there", async () => {
    const at = await newDatabase();
    const nowhere = at.replace("test@", "test:secret@").replace(/\w+$/, "nowhere");
    const error = await Table.open(nowhere).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "IO_FAILED", message: expect.stringContaining('"nowhere" does not exist') });
    expect(String(error)).not.toContain("secret");
    await expect(Table.open("postgres://")).rejects.toThrow("expected postgres://USER");

    const store = await ObjectStore.open(at);
    const id = await made(store);
    await postgres!.stop();
    await expect(store.write(id, "image", bytes("one"))).rejects.toMatchObject({ code: "IO_FAILED" });
    await postgres!.restart();
    await store.write(id, "image", bytes("two"));
    expect(text(await store.read(id, "image"))).toBe("two");
    await store.close();
  });

  test("what is replaced leaves nothing behind; of many writes at once none is lost", async () => {
    const store = await ObjectStore.open(await newDatabase());
    const id = await made(store);
    await store.write(id, "image", bytes("one"));
    const before = (await store.sizes()).get(id);
    await store.write(id, "image", bytes("two"));
    expect((await store.sizes()).get(id)).toBe(before);
    await Promise.all([1, 2, 3, 4, 5].map((step) => store.writePreview(id, 1, step, bytes(String(step)))));
    const read = await Promise.all([1, 2, 3, 4, 5].map((step) => store.readPreview(id, 1, step)));
    expect(read.map(text)).toEqual(["1", "2", "3", "4", "5"]);
    await store.close();
  });
});
