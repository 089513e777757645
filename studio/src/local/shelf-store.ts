/** Sessions on a shelf of the browser, laid out as in a folder; what is thrown away can come back until the page is opened anew. */
import { VqganClipError } from "../../../src/core/errors.js";
import { Refusal } from "../../../src/service/errors.js";
import type { SessionFileName, SessionStore } from "../../../src/service/platform.js";
import { parseRecord, type SessionRecord } from "../../../src/service/record.js";
import type { Shelf } from "./shelf.js";

export class ShelfStore implements SessionStore {
  /** Addresses of pictures that the page shows, by path: as long as it is open. */
  private readonly urls = new Map<string, string>();
  private readonly looked = new Set<string>();
  readonly sizesHold = 0;

  constructor(private readonly shelf: Shelf) {}

  newId(): string {
    return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async all(): Promise<{ readonly records: SessionRecord[]; readonly damaged: readonly string[] }> {
    await this.shelf.remove("bin/");
    const records: SessionRecord[] = [];
    const damaged: string[] = [];
    for (const path of await this.shelf.paths("sessions/")) {
      if (!path.endsWith("/record.json")) continue;
      try {
        const record = recordIn((await this.shelf.get(path)) as Uint8Array);
        records.push(record);
        const latest = record.frames.at(-1);
        if (latest) await this.show(previewPath(record.id, latest.node, latest.step));
      } catch {
        damaged.push(path);
      }
    }
    return { records, damaged };
  }

  /** Gives all that is shown of a session its address. */
  async look(id: string): Promise<void> {
    if (this.looked.has(id)) return;
    this.looked.add(id);
    for (const part of ["previews/", "prompt-"]) {
      for (const path of await this.shelf.paths(`sessions/${id}/${part}`)) await this.show(path);
    }
  }

  async make(): Promise<void> {} // paths need no folders

  async write(id: string, name: SessionFileName, bytes: Uint8Array): Promise<void> {
    const path = `sessions/${id}/${name}`;
    await this.put(path, bytes);
    if (name.startsWith("prompt-")) this.urls.set(path, urlOf(bytes));
  }

  async writeRecord(record: SessionRecord): Promise<void> {
    await this.write(record.id, "record.json", new TextEncoder().encode(JSON.stringify(record)));
  }

  read(id: string, name: SessionFileName): Promise<Uint8Array | undefined> {
    return this.shelf.get(`sessions/${id}/${name}`);
  }

  async has(id: string, name: SessionFileName): Promise<boolean> {
    return (await this.shelf.paths(`sessions/${id}/${name}`)).length > 0;
  }

  async writePreview(id: string, node: number, step: number, bytes: Uint8Array): Promise<void> {
    const path = previewPath(id, node, step);
    await this.put(path, bytes);
    this.urls.set(path, urlOf(bytes));
  }

  readPreview(id: string, node: number, step: number): Promise<Uint8Array | undefined> {
    return this.shelf.get(previewPath(id, node, step));
  }

  async removePreview(id: string, node: number, step: number): Promise<void> {
    const path = previewPath(id, node, step);
    await this.shelf.remove(path);
    URL.revokeObjectURL(this.urls.get(path) ?? "");
    this.urls.delete(path);
  }

  previewUrl(id: string, node: number, step: number): string {
    return this.urls.get(previewPath(id, node, step)) ?? "";
  }

  promptImageUrl(id: string, number: number): string {
    return this.urls.get(`sessions/${id}/prompt-${number}`) ?? "";
  }

  discard(id: string): Promise<void> {
    return this.move(`sessions/${id}/`, `bin/${id}/`);
  }

  async restore(id: string): Promise<SessionRecord> {
    await this.move(`bin/${id}/`, `sessions/${id}/`);
    const json = await this.read(id, "record.json");
    if (!json) throw new Refusal("NOT_FOUND", `there is no deleted session ${id}`);
    return recordIn(json);
  }

  async binned(id: string): Promise<SessionRecord | undefined> {
    const json = await this.shelf.get(`bin/${id}/record.json`);
    return json && recordIn(json);
  }

  async bin(): Promise<string[]> {
    const paths = await this.shelf.paths("bin/");
    return [...new Set(paths.map((path) => path.split("/")[1] as string))];
  }

  erase(id: string): Promise<void> {
    return this.shelf.remove(`bin/${id}/`);
  }

  async sizes(): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    for (const path of [...(await this.shelf.paths("sessions/")), ...(await this.shelf.paths("bin/"))]) {
      const id = path.split("/")[1] as string;
      sizes.set(id, (sizes.get(id) ?? 0) + ((await this.shelf.get(path))?.length ?? 0));
    }
    return sizes;
  }

  async close(): Promise<void> {}

  private async show(path: string): Promise<void> {
    const bytes = this.urls.has(path) ? undefined : await this.shelf.get(path);
    if (bytes) this.urls.set(path, urlOf(bytes));
  }

  private async move(from: string, to: string): Promise<void> {
    for (const path of await this.shelf.paths(from)) {
      await this.shelf.put(path.replace(from, to), (await this.shelf.get(path)) as Uint8Array);
    }
    await this.shelf.remove(from);
  }

  /** @throws IO_FAILED when the browser has no room */
  private async put(path: string, bytes: Uint8Array): Promise<void> {
    await this.shelf.put(path, bytes).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const hint = "delete pictures, or give this page more room in the browser's settings";
      throw new VqganClipError("IO_FAILED", `the browser keeps no more of this page: ${reason}`, hint, { cause });
    });
  }
}

/** Named so that no path begins with another one. */
const previewPath = (id: string, node: number, step: number) => `sessions/${id}/previews/${node}-${step}.webp`;

const recordIn = (json: Uint8Array) => parseRecord(new TextDecoder().decode(json));

const urlOf = (bytes: Uint8Array) => URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
