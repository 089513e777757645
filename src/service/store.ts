/**
 * Sessions on disk: a folder for each, its files written whole or not at all. The files are the truth: whoever opens the
 * folder anew finds all that was there, whatever ended the process before. The name of a session's folder is its id and, where
 * several processes share it (`shared-store.ts`), the number of its latest owner.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { VqganClipError } from "../core/errors.js";
import { writeFileAtomically } from "../files/atomic-write.js";
import { type Holder, holderOf, isHeld, type Lock, takeLock, takeLockOnceFree } from "../files/lock.js";
import { Refusal } from "./errors.js";
import type { SessionFileName, SessionStore } from "./platform.js";
import { parseRecord, type SessionRecord } from "./record.js";
import { Sizes } from "./sizes.js";

const ID = /^[0-9a-f]{24}$/;

/** Ids are ours alone: nothing else becomes a part of a path. @throws NOT_FOUND */
export function requireId(id: string): string {
  if (!ID.test(id)) throw new Refusal("NOT_FOUND", "there is no such session");
  return id;
}

/** A new session's id, which nobody guesses. */
export const newId = (): string => randomBytes(12).toString("hex");

/** Where the page finds pictures, over HTTP. */
export const addresses: Pick<SessionStore, "previewUrl" | "promptImageUrl"> = {
  previewUrl: (id, node, step) => `/v1/sessions/${id}/preview/${node}/${step}.webp`,
  promptImageUrl: (id, number) => `/v1/sessions/${id}/prompt-image/${number}.webp`,
};

const NAME = /^([0-9a-f]{24})(?:\.(\d{1,15}))?$/;

/** Names of what is being erased end so. */
const ERASED = ".erased";

/** The folder's name of a session that was taken over so often. */
export const nameOf = (id: string, epoch: number): string => (epoch === 0 ? id : `${id}.${epoch}`);

export class FolderStore implements SessionStore {
  readonly newId = newId;
  readonly previewUrl = addresses.previewUrl;
  readonly promptImageUrl = addresses.promptImageUrl;
  /** How often each session was taken over, where it was. */
  protected readonly epochs = new Map<string, number>();
  readonly sizesHold: number = 0;
  /** Of what this process writes: without others that write, that is all. */
  private counted: { readonly sizes: Sizes; readonly done: Promise<void> } | undefined;

  protected constructor(
    readonly folder: string,
    private readonly lock: Lock,
  ) {}

  /**
   * @param onWait told in words, when it must wait to see whether a process that cannot be seen from here has gone
   * @throws IO_FAILED when it cannot be written to, or another process is at work in it
   */
  static async open(path: string, onWait?: (text: string) => void): Promise<FolderStore> {
    return prepared(path, async (folder) => new FolderStore(folder, await lockOf(path, folder, { onWait })));
  }

  async close(): Promise<void> {
    await this.lock.release();
  }

  /** All sessions there are. What a killed process left half made is taken away; a record that is damaged is told of. */
  async all(): Promise<{ readonly records: SessionRecord[]; readonly damaged: readonly string[] }> {
    const records: SessionRecord[] = [];
    const damaged: string[] = [];
    for (const id of await this.ids()) {
      const json = await this.read(id, "record.json");
      if (json === undefined) {
        await this.clear(id);
        continue;
      }
      try {
        records.push(parseRecord(Buffer.from(json).toString("utf8")));
      } catch {
        damaged.push(this.path(id));
      }
    }
    return { records, damaged };
  }

  /** Of all sessions that there are. */
  protected async ids(): Promise<string[]> {
    const found = new Map<string, number>();
    for (const name of await readdir(join(this.folder, "sessions"))) {
      const [, id, epoch = "0"] = NAME.exec(name) ?? [];
      if (id !== undefined) found.set(id, Math.max(Number(epoch), found.get(id) ?? 0));
    }
    for (const [id, epoch] of found) this.epochs.set(id, Math.max(epoch, this.epochOf(id))); // never back
    return [...found.keys()];
  }

  /** What was never whole. */
  protected async clear(id: string): Promise<void> {
    await this.counted?.done;
    await rm(this.path(id), { recursive: true, force: true });
    this.counted?.sizes.drop(id);
  }

  async make(id: string): Promise<void> {
    await mkdir(join(this.path(id), "previews"), { recursive: true });
  }

  async write(id: string, name: SessionFileName, bytes: Uint8Array): Promise<void> {
    await writeFileAtomically(this.fileOf(id, name), bytes);
    this.counted?.sizes.put(id, name, bytes.length);
  }

  async writeRecord(record: SessionRecord): Promise<void> {
    await this.write(record.id, "record.json", Buffer.from(`${JSON.stringify(record)}\n`));
  }

  /** Undefined when there is no such file. */
  async read(id: string, name: SessionFileName): Promise<Uint8Array | undefined> {
    return readOrNothing(this.fileOf(id, name));
  }

  async has(id: string, name: SessionFileName): Promise<boolean> {
    return existsSync(this.fileOf(id, name));
  }

  fileOf(id: string, name: SessionFileName): string {
    return join(this.path(id), name);
  }

  async writePreview(id: string, node: number, step: number, bytes: Uint8Array): Promise<void> {
    await writeFileAtomically(this.previewFile(id, node, step), bytes);
    this.counted?.sizes.put(id, previewOf(node, step), bytes.length);
  }

  async readPreview(id: string, node: number, step: number): Promise<Uint8Array | undefined> {
    return readOrNothing(this.previewFile(id, node, step));
  }

  async removePreview(id: string, node: number, step: number): Promise<void> {
    await rm(this.previewFile(id, node, step), { force: true });
    this.counted?.sizes.put(id, previewOf(node, step), 0);
  }

  /** Into the bin, whole. */
  async discard(id: string): Promise<void> {
    await rename(this.path(id), join(this.folder, "bin", nameOf(id, this.epochOf(id))));
  }

  /** Out of the bin. @throws NOT_FOUND */
  async restore(id: string): Promise<SessionRecord> {
    const record = await this.binned(id);
    if (!record) throw new Refusal("NOT_FOUND", `there is no deleted session ${id}`);
    const epoch = (await this.binnedEpoch(id)) as number;
    this.epochs.set(id, this.nextEpoch(epoch));
    await rename(join(this.folder, "bin", nameOf(id, epoch)), this.path(id));
    return record;
  }

  /** The record of a session in the bin; undefined when it is not there. */
  async binned(id: string): Promise<SessionRecord | undefined> {
    const epoch = await this.binnedEpoch(id);
    if (epoch === undefined) return undefined;
    const json = await readOrNothing(join(this.folder, "bin", nameOf(id, epoch), "record.json"));
    return json && parseRecord(Buffer.from(json).toString("utf8"));
  }

  async bin(): Promise<string[]> {
    const names = await readdir(join(this.folder, "bin"));
    return [...new Set(names.flatMap((name) => NAME.exec(name)?.[1] ?? []))];
  }

  /** Out of the bin, for good: renamed first, so that nobody restores a half of it. */
  async erase(id: string): Promise<void> {
    await this.counted?.done;
    const bin = join(this.folder, "bin");
    for (const name of await readdir(bin)) {
      if (NAME.exec(name)?.[1] === requireId(id)) await rename(join(bin, name), join(bin, `${name}${ERASED}`));
    }
    this.counted?.sizes.drop(id);
    for (const name of await readdir(bin)) {
      if (name.endsWith(ERASED)) await rm(join(bin, name), { recursive: true, force: true });
    }
  }

  async sizes(): Promise<ReadonlyMap<string, number>> {
    if (!this.counted) {
      const sizes = new Sizes();
      this.counted = { sizes, done: this.count(sizes) };
      this.counted.done.catch(() => {
        this.counted = undefined; // whoever asks next counts anew
      });
    }
    const { sizes, done } = this.counted;
    await done;
    return sizes.all;
  }

  /** Looks at all files; what is written meanwhile is counted by whoever writes it. */
  protected async count(sizes: Sizes): Promise<void> {
    for (const place of ["sessions", "bin"]) {
      for (const name of await readdir(join(this.folder, place))) {
        const id = NAME.exec(name)?.[1];
        if (id === undefined) continue;
        for (const [file, bytes] of await filesIn(join(this.folder, place, name))) sizes.found(id, file, bytes);
      }
    }
  }

  /** How often the session was taken over. */
  epochOf(id: string): number {
    return this.epochs.get(id) ?? 0;
  }

  /** Of a session that comes out of the bin. */
  protected nextEpoch(epoch: number): number {
    return epoch; // there is nobody else
  }

  private async binnedEpoch(id: string): Promise<number | undefined> {
    const epochs = (await readdir(join(this.folder, "bin"))).map((name) => NAME.exec(name) ?? []);
    const own = epochs.flatMap(([, of, epoch = "0"]) => (of === id ? [Number(epoch)] : []));
    return own.length > 0 ? Math.max(...own) : undefined;
  }

  private previewFile(id: string, node: number, step: number): string {
    return join(this.path(id), previewOf(node, step));
  }

  protected path(id: string): string {
    return join(this.folder, "sessions", nameOf(requireId(id), this.epochOf(id)));
  }
}

/** Makes what a folder of sessions has, and then the store. @throws IO_FAILED */
export async function prepared<Store>(path: string, made: (folder: string) => Promise<Store>): Promise<Store> {
  const folder = resolve(path);
  try {
    await mkdir(join(folder, "sessions"), { recursive: true });
    await mkdir(join(folder, "bin"), { recursive: true });
    return await made(folder);
  } catch (cause) {
    if (cause instanceof VqganClipError) throw cause;
    const { code = "" } = cause as NodeJS.ErrnoException;
    const isFile = ["ENOTDIR", "EEXIST"].includes(code);
    const reason = isFile ? "it is a file, or lies in one" : cause instanceof Error ? cause.message : String(cause);
    const user = code === "EACCES" && process.getuid ? `let user ${process.getuid()} write there, or ` : "";
    throw new VqganClipError("IO_FAILED", `${path}: ${reason}`, `${user}name another --folder`, { cause });
  }
}

/**
 * The folder's own lock.
 *
 * @param sharing whether others that share the folder may be there
 * @throws IO_FAILED when another process has it
 */
export async function lockOf(
  path: string,
  folder: string,
  {
    sharing = false,
    onWait,
  }: { readonly sharing?: boolean; readonly onWait?: ((text: string) => void) | undefined } = {},
): Promise<Lock> {
  const file = join(folder, ".lock");
  const lock = await (sharing
    ? takeLock(file)
    : takeLockOnceFree(file, (holder) => onWait?.(`waits: ${named(holder)} served ${path} a moment ago`)));
  if (lock && !sharing && (await isShared(folder))) {
    await lock.release();
    const hint = "name the same --redis, or end them first";
    throw new VqganClipError("IO_FAILED", `${path}: processes that share this folder are at work in it`, hint);
  }
  if (lock) return lock;
  const holder = await holderOf(file);
  const hint = `use its address, name another --folder, or if nothing is at it, delete ${file}`;
  throw new VqganClipError(
    "IO_FAILED",
    `${path}: ${holder ? named(holder) : "another process"} serves this folder`,
    hint,
  );
}

const named = ({ pid, host }: Holder) => `process ${pid}${host === hostname() ? "" : ` on ${host}`}`;

/** Locks of processes that share a folder begin so. */
export const SHARED = ".shared-";

async function isShared(folder: string): Promise<boolean> {
  const marks = (await readdir(folder)).filter((name) => name.startsWith(SHARED));
  const held = await Promise.all(marks.map((name) => isHeld(join(folder, name))));
  return held.includes(true);
}

const previewOf = (node: number, step: number): string => `previews/${node}-${step}.webp`;

/** Each file in a folder with its bytes; of what is gone by now, or about to take another's place, none. */
async function filesIn(folder: string): Promise<[name: string, bytes: number][]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const facts = await Promise.all(
    names.map(async (name) => [name, await stat(join(folder, name)).catch(() => undefined)] as const),
  );
  return facts.flatMap(([name, file]) =>
    file?.isFile() && !name.endsWith(".tmp") ? [[name.replaceAll("\\", "/"), file.size]] : [],
  );
}

async function readOrNothing(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
