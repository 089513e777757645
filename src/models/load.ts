/** Models by path. Node only. */
import { readClip } from "./clip/read.js";
import type { Generator } from "./generator.js";
import { readPrior } from "./latent-prior/read.js";
import { onDisk } from "./on-disk.js";
import type { Perceptor } from "./perceptor.js";
import type { Prior } from "./prior.js";
import { readGenerator } from "./read-generator.js";

/** What `readClip` reads. @throws as it does */
export async function loadClip(path: string): Promise<Perceptor> {
  return readClip(await onDisk(path));
}

/** What `readGenerator` reads. @throws as it does */
export async function loadGenerator(path: string): Promise<Generator> {
  return readGenerator(await onDisk(path));
}

/** What `readPrior` reads. @throws as it does */
export async function loadPrior(folder: string): Promise<Prior> {
  return readPrior((await onDisk(folder)).files);
}
