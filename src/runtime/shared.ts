/** Things that are dear to make and that several users share: made once, freed when nobody uses them any more. */

export interface Lease<Value> {
  readonly value: Value;
  /** Gives it back; once is enough, and more does nothing. */
  release(): Promise<void>;
}

interface Held<Value> {
  readonly key: string;
  readonly value: Promise<Value>;
  users: number;
}

export class Shared<Value> {
  /** Weak, so that a lease that is lost without being given back goes to the garbage collector, and its value with it. */
  private readonly held = new Map<string, WeakRef<Held<Value>>>();
  /** By kind; empty while nobody keeps. */
  private readonly unused = new Map<string, Held<Value>>();
  private keepers = 0;

  constructor(private readonly free: (value: Value) => Promise<void>) {}

  /**
   * The value of a key: the one that somebody uses or that is kept, else a new one.
   *
   * @param kind of each kind, one unused value is kept at most: it is freed before another is made
   */
  async take(key: string, kind: string, make: () => Promise<Value>): Promise<Lease<Value>> {
    const held = this.held.get(key)?.deref() ?? this.begin(key, kind, make);
    held.users++;
    if (this.unused.get(kind) === held) this.unused.delete(kind);
    const value = await held.value;
    let isReleased = false;
    const release = async () => {
      if (isReleased) return;
      isReleased = true;
      held.users--;
      if (held.users > 0) return;
      const former = this.freeUnused([kind]);
      this.unused.set(kind, held);
      await former;
      if (this.keepers === 0) await this.freeUnused([kind]);
    };
    return { value, release };
  }

  /** From now on values that nobody uses stay, one of each kind, until every keeper has let go by what this returns. */
  keep(): () => Promise<void> {
    let isKept = true;
    this.keepers++;
    return async () => {
      if (!isKept) return;
      isKept = false;
      this.keepers--;
      if (this.keepers === 0) await this.freeUnused([...this.unused.keys()]);
    };
  }

  private begin(key: string, kind: string, make: () => Promise<Value>): Held<Value> {
    const value = this.freeUnused([kind]).then(make);
    const held = { key, value, users: 0 };
    this.held.set(key, new WeakRef(held));
    value.catch(() => this.held.delete(key));
    return held;
  }

  private async freeUnused(kinds: readonly string[]): Promise<void> {
    const leaving = kinds.flatMap((kind) => this.unused.get(kind) ?? []);
    for (const kind of kinds) this.unused.delete(kind);
    for (const { key } of leaving) this.held.delete(key);
    for (const { value } of leaving) await this.free(await value);
  }
}
