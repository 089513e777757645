/** The part of the cache that is this package's alone: models which are not on the hub. */
import { join } from "node:path";

export function ownFolder(cacheDir: string): string {
  return join(cacheDir, "vqgan-clip");
}

export function modelFolder(cacheDir: string, name: string): string {
  return join(ownFolder(cacheDir), name);
}
