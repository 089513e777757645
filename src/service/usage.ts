/** Whose the bytes in the store are. */
import * as z from "zod";
import type { SessionStore } from "./platform.js";
import type { Session } from "./session.js";

type Owner = string | undefined;

/** What an owner uses of a service. */
export const usageSchema = z.object({
  sessions: z.int().min(0).describe("that there are, the bin aside"),
  storedBytes: z.number().min(0).describe("of all their files, the bin included"),
  maxStoredBytes: z.number().nullable().describe("from which on nothing more is taken; null: any"),
});
export type UsageView = z.infer<typeof usageSchema>;

export class Usage {
  private counted: { readonly at: number; readonly bytes: Promise<Map<Owner, number>> } | undefined;
  /** Owners of sessions in the bin, as far as they are known: none changes. */
  private readonly binned = new Map<string, Owner>();
  /** What is being written, or was so lately that no count has it. */
  private reserved: { readonly owner: Owner; readonly bytes: number; until: number }[] = [];

  /** @param sessions all that there are, the bin aside */
  constructor(
    private readonly store: Pick<SessionStore, "sizes" | "sizesHold" | "binned">,
    private readonly sessions: () => readonly Session[],
  ) {}

  /** Bytes of each owner (undefined: of the launch's token), the bin included. */
  byOwner(): Promise<ReadonlyMap<Owner, number>> {
    return this.latest();
  }

  async of(owner: Owner): Promise<number> {
    return (await this.latest()).get(owner) ?? 0;
  }

  /**
   * Does `work`, which writes so many bytes: they count at once, so that others that are asked for meanwhile find no more room than there is.
   *
   * @param check is told how many bytes the owner has without them, and throws when they are too many
   */
  async reserving<Result>(
    owner: Owner,
    bytes: number,
    check: (kept: number) => void,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const counted = await this.of(owner);
    const now = performance.now();
    this.reserved = this.reserved.filter(({ until }) => until > now);
    const theirs = this.reserved.filter((each) => each.owner === owner);
    check(theirs.reduce((sum, each) => sum + each.bytes, counted));
    const own = { owner, bytes, until: Number.POSITIVE_INFINITY };
    this.reserved.push(own);
    try {
      const result = await work();
      own.until = performance.now() + this.store.sizesHold;
      return result;
    } catch (error) {
      own.until = 0;
      throw error;
    }
  }

  /** It is counted anew. */
  forget(): void {
    this.counted = undefined;
  }

  private latest(): Promise<Map<Owner, number>> {
    const now = performance.now();
    if (!this.counted || now - this.counted.at >= this.store.sizesHold) {
      const bytes = this.count();
      this.counted = { at: now, bytes };
      bytes.catch(() => this.forget());
    }
    return this.counted.bytes;
  }

  private async count(): Promise<Map<Owner, number>> {
    const sizes = await this.store.sizes();
    const owners = new Map(this.sessions().map(({ id, record }) => [id, record.owner]));
    const sums = new Map<Owner, number>();
    for (const [id, bytes] of sizes) {
      const owner = owners.has(id) ? owners.get(id) : await this.ownerInBin(id);
      sums.set(owner, (sums.get(owner) ?? 0) + bytes);
    }
    return sums;
  }

  private async ownerInBin(id: string): Promise<Owner> {
    if (this.binned.has(id)) return this.binned.get(id);
    const record = await this.store.binned(id).catch(() => undefined); // it is damaged, and nobody's
    if (record) this.binned.set(id, record.owner);
    return record?.owner;
  }
}
