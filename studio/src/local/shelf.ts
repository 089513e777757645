/** Files by path in the browser's own database; where it gives none, in memory, and the page says so. */
import { openDB } from "idb";

export interface Shelf {
  /** Whether what lies here outlives the page. */
  readonly isKept: boolean;
  get(path: string): Promise<Uint8Array | undefined>;
  /** Whole or not at all. */
  put(path: string, bytes: Uint8Array): Promise<void>;
  /** All whose paths begin so. */
  paths(prefix: string): Promise<string[]>;
  remove(prefix: string): Promise<void>;
}

const NAME = "vqgan-clip-studio";
const FILES = "files";

/** Everything that begins with `prefix`, in the order of databases. */
const range = (prefix: string) => IDBKeyRange.bound(prefix, `${prefix}\uffff`);

export async function openShelf(): Promise<Shelf> {
  const database = await openDB(NAME, 1, { upgrade: (made) => void made.createObjectStore(FILES) }).catch(
    () => undefined, // browsers that are told to keep nothing
  );
  if (!database) return memoryShelf();
  return {
    isKept: true,
    get: (path) => database.get(FILES, path) as Promise<Uint8Array | undefined>,
    put: async (path, bytes) => void (await database.put(FILES, bytes, path)),
    paths: async (prefix) => (await database.getAllKeys(FILES, range(prefix))) as string[],
    remove: (prefix) => database.delete(FILES, range(prefix)),
  };
}

export function memoryShelf(): Shelf {
  const files = new Map<string, Uint8Array>();
  const paths = (prefix: string) => [...files.keys()].filter((path) => path.startsWith(prefix));
  return {
    isKept: false,
    get: async (path) => files.get(path),
    put: async (path, bytes) => void files.set(path, bytes),
    paths: async (prefix) => paths(prefix),
    remove: async (prefix) => {
      for (const path of paths(prefix)) files.delete(path);
    },
  };
}
