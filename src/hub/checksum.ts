/** Checksums as the hub names files by: sha256 of large files, git's sha1 of small ones. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

export interface Checksum {
  readonly kind: "sha256" | "git-sha1";
  /** Lowercase hex */
  readonly digest: string;
}

/** What an etag says about the bytes; undefined when it is another server's own mark. */
export function checksumOf(etag: string): Checksum | undefined {
  if (/^[0-9a-f]{64}$/.test(etag)) return { kind: "sha256", digest: etag };
  if (/^[0-9a-f]{40}$/.test(etag)) return { kind: "git-sha1", digest: etag };
  return undefined;
}

/** The digest of a file; git's puts `blob <size>\0` before the bytes. */
export async function digestFile(path: string, kind: Checksum["kind"], signal?: AbortSignal): Promise<string> {
  const hash = createHash(kind === "sha256" ? "sha256" : "sha1");
  if (kind === "git-sha1") hash.update(`blob ${(await stat(path)).size}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20, ...(signal && { signal }) })) {
    hash.update(chunk as Buffer);
  }
  return hash.digest("hex");
}
