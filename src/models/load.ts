/** Models by path. Node only. */
import { readClip } from "./clip/read.js";
import type { Generator } from "./generator.js";
import type { Lpips } from "./lpips/lpips.js";
import { readLpips } from "./lpips/read.js";
import { onDisk } from "./on-disk.js";
import type { Perceptor } from "./perceptor.js";
import { readGenerator } from "./read-generator.js";
import { readSoundEncoder, type SoundEncoder } from "./wav2clip/read.js";

/** What `readClip` reads. @throws as it does */
export async function loadClip(path: string): Promise<Perceptor> {
  return readClip(await onDisk(path));
}

/** What `readLpips` reads. @throws as it does */
export async function loadLpips(path: string): Promise<Lpips> {
  return readLpips(await onDisk(path));
}

/** What `readGenerator` reads. @throws as it does */
export async function loadGenerator(path: string): Promise<Generator> {
  return readGenerator(await onDisk(path));
}

/** What `readSoundEncoder` reads. @throws as it does */
export async function loadSoundEncoder(path: string): Promise<SoundEncoder> {
  return readSoundEncoder(await onDisk(path));
}
