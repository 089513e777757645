/** What an unpickled file may hold: plain data, names of globals, and inert stand-ins for everything else. */

/** A Python global by name. Only an allowed one has `call`: what the reader, not Python, does when it is called. */
export class PickleGlobal {
  constructor(
    readonly module: string,
    readonly name: string,
    readonly call?: (args: readonly unknown[]) => unknown,
  ) {}

  toString(): string {
    return `${this.module}.${this.name}`;
  }
}

/** An object of a class this reader does not know: its class's name, and nothing that could act. */
export class Placeholder {
  constructor(readonly type: string) {}

  toString(): string {
    return `<${this.type}>`;
  }
}

/** An object of a class that a TorchScript archive defines itself: its attributes are data, its code stays unread. */
export class ScriptObject extends Placeholder {
  attributes: PickleDict = new Map();
}

/** A Python dict or OrderedDict. */
export type PickleDict = Map<unknown, unknown>;

/** Looks a global up; throws to refuse the file. */
export type ResolveGlobal = (module: string, name: string) => PickleGlobal;

/** Turns a persistent id (torch: a storage) into its value; throws to refuse the file. */
export type LoadPersistent = (id: unknown) => unknown;
