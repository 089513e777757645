/**
 * A folder of sessions that several processes share. Whoever takes a session over renames its folder: the name tells how
 * often that was done, and what a former owner still writes finds no folder any more. So the file system itself is the
 * fence: of two that take over at once one wins, and a process that slept through its replacement does no harm.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Lock, takeLock } from "../files/lock.js";
import { Refusal } from "./errors.js";
import type { SessionFileName, SessionStore } from "./platform.js";
import { Sizes } from "./sizes.js";
import { FolderStore, lockOf, nameOf, prepared, SHARED } from "./store.js";

/** Milliseconds after which a session without a record is nobody's any more. */
export const HALF_MADE = 3_600_000;

/** Milliseconds for which sizes of what several processes write are held. */
export const SHARED_SIZES_HOLD = 5000;

/** Where several processes keep sessions: whoever takes one over keeps its former owner out. */
export interface SharedStore extends SessionStore {
  /** Its own, the same for all who share it. */
  readonly name: string;
  /**
   * From now on this process alone may write the session; whoever had it before is refused.
   *
   * @returns how often it was taken over so far
   * @throws NOT_FOUND
   */
  claim(id: string): Promise<number>;
  /** This process has no more to write. */
  release(id: string): void;
  /** Of all sessions that are there now. */
  ids(): Promise<string[]>;
}

export class SharedFolder extends FolderStore implements SharedStore {
  override readonly sizesHold = SHARED_SIZES_HOLD;
  private readonly held = new Set<string>();

  private constructor(
    folder: string,
    lock: Lock,
    /** The folder's own, the same for all who share it, by whatever path. */
    readonly name: string,
  ) {
    super(folder, lock);
  }

  /** @throws IO_FAILED when it cannot be written to, or a process is at work in it that shares it with nobody */
  static async share(path: string): Promise<SharedFolder> {
    return prepared(path, async (folder) => {
      const mark = (await takeLock(join(folder, `${SHARED}${randomBytes(6).toString("hex")}`))) as Lock;
      try {
        await lockShortly(path, folder);
        return new SharedFolder(folder, mark, await commonName(folder));
      } catch (error) {
        await mark.release();
        throw error;
      }
    });
  }

  async claim(id: string): Promise<number> {
    for (let unseen = 0; ; ) {
      await this.locate(id);
      const epoch = this.epochOf(id) + 1;
      try {
        await rename(this.path(id), join(this.folder, "sessions", nameOf(id, epoch)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
        unseen = (await this.ids()).includes(id) ? 0 : unseen + 1; // somebody else was faster, or it is gone
        if (unseen === 5) throw new Refusal("NOT_FOUND", "there is no such session");
        continue;
      }
      this.epochs.set(id, epoch);
      this.held.add(id);
      return epoch;
    }
  }

  release(id: string): void {
    this.held.delete(id);
  }

  override ids(): Promise<string[]> {
    return super.ids();
  }

  override async sizes(): Promise<ReadonlyMap<string, number>> {
    const sizes = new Sizes();
    await this.count(sizes);
    return sizes.all;
  }

  override read(id: string, name: SessionFileName): Promise<Uint8Array | undefined> {
    return this.found(id, () => super.read(id, name));
  }

  override async has(id: string, name: SessionFileName): Promise<boolean> {
    return (await this.found(id, async () => (await super.has(id, name)) || undefined)) ?? false;
  }

  override readPreview(id: string, node: number, step: number): Promise<Uint8Array | undefined> {
    return this.found(id, () => super.readPreview(id, node, step));
  }

  override write(id: string, name: SessionFileName, bytes: Uint8Array): Promise<void> {
    return this.written(id, () => super.write(id, name, bytes));
  }

  override writePreview(id: string, node: number, step: number, bytes: Uint8Array): Promise<void> {
    return this.written(id, () => super.writePreview(id, node, step, bytes));
  }

  override discard(id: string): Promise<void> {
    return this.written(id, () => super.discard(id));
  }

  /** Does `work`, which writes into the session's folder. @throws LOST when it is another's by now */
  async written<Result>(id: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      this.requireOwn(id);
      throw error;
    }
  }

  protected override nextEpoch(epoch: number): number {
    return epoch + 1; // whoever had it before it was deleted has it no more
  }

  /** Another process may be about to write it. */
  protected override async clear(id: string): Promise<void> {
    const facts = await stat(this.path(id)).catch(() => undefined);
    if (facts && Date.now() - facts.mtimeMs > HALF_MADE) await rm(this.path(id), { recursive: true, force: true });
  }

  /** What is read of a session; of another's, where it is by now. */
  private async found<Result>(id: string, read: () => Promise<Result | undefined>): Promise<Result | undefined> {
    const there = await read();
    if (there !== undefined) return there;
    if (this.held.has(id)) {
      this.requireOwn(id);
      return undefined;
    }
    const former = this.epochOf(id);
    await this.locate(id);
    return this.epochOf(id) === former ? undefined : this.found(id, read);
  }

  private requireOwn(id: string): void {
    if (!existsSync(this.path(id))) throw new Refusal("LOST", `session ${id}: another process has taken it over`);
  }

  /** Finds out who has it now: names are all there is to look at. */
  private async locate(id: string): Promise<void> {
    for (let tries = 0; tries < 3 && !existsSync(this.path(id)); tries++) {
      if (tries > 0) await sleep(20); // a listing may miss what is renamed meanwhile
      await this.ids();
    }
  }
}

/** Several may begin at once. @throws IO_FAILED when a process is at work in the folder that shares it with nobody */
async function lockShortly(path: string, folder: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await (await lockOf(path, folder, { sharing: true })).release();
    } catch (error) {
      if (tries === 20) throw error;
      await sleep(100);
    }
  }
}

async function commonName(folder: string): Promise<string> {
  const file = join(folder, ".name");
  await writeFile(file, randomBytes(6).toString("hex"), { flag: "wx" }).catch(() => undefined); // it has one
  return (await readFile(file, "utf8")).trim();
}
