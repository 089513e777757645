/**
 * Sessions as objects, in a bucket or a table. Each has one small object, its head: who has it, as a number that rises whenever it is taken over,
 * and which objects its files are. A file is written as an object of its own and counts once the head names it; the head is
 * written only as it was read. So the head is the fence: what a former owner writes late is named by nobody.
 */
import { randomBytes } from "node:crypto";
import { Refusal } from "../errors.js";
import type { SessionFileName } from "../platform.js";
import { parseRecord, type SessionRecord } from "../record.js";
import { HALF_MADE, SHARED_SIZES_HOLD, type SharedStore } from "../shared-store.js";
import { addresses, newId, requireId } from "../store.js";
import { Bucket } from "./bucket.js";
import type { Objects } from "./objects.js";
import { Table } from "./table.js";

interface Head {
  /** How often it was taken over. */
  readonly epoch: number;
  readonly binned: boolean;
  /** Objects by the names of files. */
  readonly files: Readonly<Record<string, string>>;
}

/** Whether a `--folder` is the address of such a place. */
export const isAddress = (folder: string): boolean => /^(s3|postgres(ql)?):/.test(folder);

/** Requests at once. */
const AT_ONCE = 16;

export class ObjectStore implements SharedStore {
  readonly previewUrl = addresses.previewUrl;
  readonly promptImageUrl = addresses.promptImageUrl;
  readonly newId = newId;
  readonly sizesHold = SHARED_SIZES_HOLD;
  private readonly epochs = new Map<string, number>();
  private readonly held = new Set<string>();
  /** Of each session, the change of its head that was begun last. */
  private readonly changing = new Map<string, Promise<unknown>>();

  private constructor(
    private readonly objects: Objects,
    readonly name: string,
  ) {}

  /** @param address s3://BUCKET/PREFIX or postgres://... @throws what `Bucket.open` and `Table.open` throw */
  static async open(address: string): Promise<ObjectStore> {
    const objects = await (address.startsWith("s3:") ? Bucket : Table).open(address);
    await objects.put("name", randomBytes(6), "absent"); // unless it has one
    const name = Buffer.from((await objects.get("name"))?.bytes ?? []).toString("hex");
    return new ObjectStore(objects, name);
  }

  close(): Promise<void> {
    return this.objects.close();
  }

  async claim(id: string): Promise<number> {
    const { epoch } = await this.change(id, (head) => {
      if (!head || head.binned) throw new Refusal("NOT_FOUND", "there is no such session");
      return { ...head, epoch: head.epoch + 1 };
    });
    this.epochs.set(id, epoch);
    this.held.add(id);
    return epoch;
  }

  release(id: string): void {
    this.held.delete(id);
  }

  async ids(): Promise<string[]> {
    const [heads, bin] = await Promise.all([this.objects.list("sessions/"), this.objects.list("bin/")]);
    const binned = new Set(bin.map(({ key }) => key.slice("bin/".length)));
    return heads.map(({ key }) => key.slice("sessions/".length)).filter((id) => !binned.has(id));
  }

  async all(): Promise<{ readonly records: SessionRecord[]; readonly damaged: readonly string[] }> {
    const records: SessionRecord[] = [];
    const damaged: string[] = [];
    const ids = await this.ids();
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const some = ids.slice(at, at + AT_ONCE);
      const read = await Promise.all(some.map((id) => this.read(id, "record.json")));
      for (const [i, json] of read.entries()) {
        if (!json) continue; // it is being made, or was never whole
        try {
          records.push(recordIn(json));
        } catch {
          damaged.push(headOf(some[i] as string));
        }
      }
    }
    await this.clear();
    return { records, damaged };
  }

  async make(id: string): Promise<void> {
    await this.objects.put(headOf(id), inJson({ epoch: 0, binned: false, files: {} }), "absent");
  }

  write(id: string, name: SessionFileName, bytes: Uint8Array): Promise<void> {
    return this.put(id, name, bytes);
  }

  writeRecord(record: SessionRecord): Promise<void> {
    return this.put(record.id, "record.json", Buffer.from(`${JSON.stringify(record)}\n`));
  }

  writePreview(id: string, node: number, step: number, bytes: Uint8Array): Promise<void> {
    return this.put(id, previewOf(node, step), bytes);
  }

  read(id: string, name: SessionFileName): Promise<Uint8Array | undefined> {
    return this.get(id, name);
  }

  readPreview(id: string, node: number, step: number): Promise<Uint8Array | undefined> {
    return this.get(id, previewOf(node, step));
  }

  async has(id: string, name: SessionFileName): Promise<boolean> {
    const { head } = await this.head(id);
    return head !== undefined && !head.binned && head.files[name] !== undefined;
  }

  async removePreview(id: string, node: number, step: number): Promise<void> {
    await this.pointTo(id, previewOf(node, step), undefined);
  }

  async discard(id: string): Promise<void> {
    await this.change(id, (head) => ({ ...this.own(id, head), binned: true }));
    await this.objects.put(`bin/${id}`, new Uint8Array());
  }

  async restore(id: string): Promise<SessionRecord> {
    const record = await this.binned(id);
    if (!record) throw new Refusal("NOT_FOUND", `there is no deleted session ${id}`);
    const { epoch } = await this.change(id, (head) => {
      if (!head?.binned) throw new Refusal("NOT_FOUND", `there is no deleted session ${id}`);
      return { ...head, binned: false, epoch: head.epoch + 1 };
    });
    this.epochs.set(id, epoch);
    await this.objects.remove(`bin/${id}`);
    return record;
  }

  async binned(id: string): Promise<SessionRecord | undefined> {
    const { head } = await this.head(id);
    const object = head?.binned ? head.files["record.json"] : undefined;
    const found = object && (await this.objects.get(objectOf(id, object)));
    return found ? recordIn(found.bytes) : undefined;
  }

  async bin(): Promise<string[]> {
    return (await this.objects.list("bin/")).map(({ key }) => key.slice("bin/".length));
  }

  /** Out of the bin, for good: it has no files first, so that nobody restores a half of it. */
  async erase(id: string): Promise<void> {
    await this.change(id, (head) => {
      if (!head?.binned) throw new Refusal("NOT_FOUND", `there is no deleted session ${id}`);
      return { ...head, files: {} };
    });
    for (const { key } of await this.objects.list(objectOf(id, ""))) await this.objects.remove(key);
    await this.objects.remove(headOf(id));
    await this.objects.remove(`bin/${id}`);
  }

  async sizes(): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    for (const { key, bytes } of await this.objects.list("")) {
      const id = /^(?:objects|sessions)\/([^/]+)/.exec(key)?.[1];
      if (id !== undefined) sizes.set(id, (sizes.get(id) ?? 0) + bytes);
    }
    return sizes;
  }

  /** What was never whole, and nobody is about to make any more. */
  private async clear(): Promise<void> {
    for (const { key, writtenAt } of await this.objects.list("sessions/")) {
      if (Date.now() - writtenAt < HALF_MADE) continue;
      const id = key.slice("sessions/".length);
      const { head } = await this.head(id);
      if (head && Object.keys(head.files).length === 0) await this.objects.remove(key);
    }
  }

  private async put(id: string, name: string, bytes: Uint8Array): Promise<void> {
    const object = randomBytes(9).toString("base64url");
    await this.objects.put(objectOf(requireId(id), object), bytes);
    try {
      await this.pointTo(id, name, object);
    } catch (error) {
      await this.forget(id, object);
      throw error;
    }
  }

  /** From now on this object is the file of that name; undefined: there is none. @throws LOST */
  private async pointTo(id: string, name: string, object: string | undefined): Promise<void> {
    let former: string | undefined;
    await this.change(id, (head) => {
      const { files, ...rest } = this.own(id, head);
      const { [name]: before, ...others } = files;
      former = before;
      return { ...rest, files: object === undefined ? others : { ...others, [name]: object } };
    });
    if (former) await this.forget(id, former);
  }

  private async get(id: string, name: string): Promise<Uint8Array | undefined> {
    for (let former: string | undefined; ; ) {
      const { head } = await this.head(id);
      if (this.held.has(id)) this.own(id, head);
      const object = head?.binned ? undefined : head?.files[name];
      if (object === undefined || object === former) return undefined;
      const found = await this.objects.get(objectOf(id, object));
      if (found) return found.bytes;
      former = object; // another one has taken its place meanwhile
    }
  }

  /** @throws LOST when it is another's by now */
  private own(id: string, head: Head | undefined): Head {
    if (head && !head.binned && head.epoch === (this.epochs.get(id) ?? 0)) return head;
    throw new Refusal("LOST", `session ${id}: another process has taken it over`);
  }

  /** One after the other here; others' changes meanwhile are seen before one's own is tried again. */
  private change(id: string, alter: (head: Head | undefined) => Head): Promise<Head> {
    const work = async () => {
      for (;;) {
        const { head, mark } = await this.head(id);
        const next = alter(head);
        if (await this.objects.put(headOf(id), inJson(next), mark === undefined ? "absent" : { is: mark })) return next;
      }
    };
    const changed = (this.changing.get(id) ?? Promise.resolve()).then(work, work);
    this.changing.set(id, changed);
    const end = () => {
      if (this.changing.get(id) === changed) this.changing.delete(id);
    };
    changed.then(end, end);
    return changed;
  }

  private async head(id: string): Promise<{ readonly head?: Head; readonly mark?: string }> {
    const found = await this.objects.get(headOf(requireId(id)));
    if (!found) return {};
    return { head: JSON.parse(Buffer.from(found.bytes).toString("utf8")) as Head, mark: found.mark };
  }

  /** What nobody names any more; one that stays costs its bytes. */
  private async forget(id: string, object: string): Promise<void> {
    await this.objects.remove(objectOf(id, object)).catch(() => undefined);
  }
}

const headOf = (id: string): string => `sessions/${id}`;
const objectOf = (id: string, object: string): string => `objects/${id}/${object}`;
const previewOf = (node: number, step: number): string => `preview-${node}-${step}.webp`;
const inJson = (head: Head): Uint8Array => Buffer.from(JSON.stringify(head));
const recordIn = (json: Uint8Array): SessionRecord => parseRecord(Buffer.from(json).toString("utf8"));
