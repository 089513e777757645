/** Models by path. Node only. What reads a kind of model is loaded with the first of them. */
import type { Generator } from "./generator.js";
import type { Lpips } from "./lpips/lpips.js";
import { onDisk } from "./on-disk.js";
import type { Perceptor } from "./perceptor.js";
import type { SoundEncoder } from "./sound-encoder.js";

/** What `readClip` reads. @throws as it does */
export async function loadClip(path: string): Promise<Perceptor> {
  const { readClip } = await import("./clip/read.js");
  return readClip(await onDisk(path));
}

/** What `readLpips` reads. @throws as it does */
export async function loadLpips(path: string): Promise<Lpips> {
  const { readLpips } = await import("./lpips/read.js");
  return readLpips(await onDisk(path));
}

/** What `readGenerator` reads. @throws as it does */
export async function loadGenerator(path: string): Promise<Generator> {
  const { readGenerator } = await import("./read-generator.js");
  return readGenerator(await onDisk(path));
}

/** What `readSoundEncoder` reads. @throws as it does */
export async function loadSoundEncoder(path: string): Promise<SoundEncoder> {
  const { readSoundEncoder } = await import("./sound-encoder.js");
  return readSoundEncoder(await onDisk(path));
}
