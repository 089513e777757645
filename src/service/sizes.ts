/** How many bytes the files of sessions are: counted once, from then on by what is written and taken away. */

export class Sizes {
  private readonly files = new Map<string, Map<string, number>>();
  private readonly totals = new Map<string, number>();

  /** Of each session. */
  get all(): ReadonlyMap<string, number> {
    return this.totals;
  }

  /** A file is so long from now on; 0: it is gone. */
  put(id: string, file: string, bytes: number): void {
    const own = this.files.get(id) ?? new Map<string, number>();
    this.files.set(id, own);
    this.totals.set(id, (this.totals.get(id) ?? 0) + bytes - (own.get(file) ?? 0));
    own.set(file, bytes);
  }

  /** A file was found to be so long; what was put meanwhile is newer. */
  found(id: string, file: string, bytes: number): void {
    if (!this.files.get(id)?.has(file)) this.put(id, file, bytes);
  }

  /** None of its files are there any more. */
  drop(id: string): void {
    this.files.delete(id);
    this.totals.delete(id);
  }
}
