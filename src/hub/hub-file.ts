/** One file of a repository on the hub: what it is, and how it gets into the cache. */
import { mkdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { VqganClipError } from "../core/errors.js";
import { type Checksum, checksumOf } from "./checksum.js";
import { type DownloadOptions, diskError, download } from "./download.js";
import type { HubSettings } from "./environment.js";
import { beginningOf, type RequestOptions, request, statusError, TransientFailure } from "./http.js";
import {
  blobPath,
  bytesOf,
  fileSize,
  isCommit,
  linkSnapshot,
  locksFolder,
  snapshotFolder,
  writeRef,
} from "./layout.js";
import { type LockOptions, withLock } from "./lock.js";
import { Watchdog } from "./watchdog.js";

export interface HubFile {
  readonly repo: string;
  readonly revision: string;
  /** The commit that the revision stands at. */
  readonly commit: string;
  readonly file: string;
  /** The blob's name. */
  readonly etag: string;
  readonly size: number | undefined;
  readonly checksum: Checksum;
}

export type FetchOptions = DownloadOptions & LockOptions;

const HEAD_STALL = 15_000;
const HEAD_TRIES = 3;

/**
 * Asks the hub what a file is. A redirect to the storage host carries the answer in its headers and is not followed.
 *
 * @throws IO_FAILED; undefined when the repository is there and the file is not
 */
export async function describeHubFile(
  settings: HubSettings,
  repo: string,
  revision: string,
  file: string,
  signal?: AbortSignal,
): Promise<HubFile | undefined> {
  const what = `${repo}/${file}`;
  const { token } = settings;
  const url = fileUrl(settings, repo, revision, file);
  const response = await ask(url, what, { method: "HEAD", follow: "same-host", token }, signal, async (head) => head);
  const { headers, status } = response;
  if (status === 404) return undefined;
  const commit = headers.get("x-repo-commit") ?? "";
  const etag = (headers.get("x-linked-etag") ?? headers.get("etag") ?? "").replace(/^W\//, "").replace(/^"|"$/g, "");
  const checksum = checksumOf(etag); // also the blob's name: another mark would let one file stand for others
  if (!isCommit(commit) || !checksum) {
    throw new VqganClipError(
      "IO_FAILED",
      `${what}: ${settings.endpoint} does not answer as a hub does`,
      "check HF_ENDPOINT, and whether a proxy drops headers",
    );
  }
  const size = bytesOf(headers.get("x-linked-size") ?? (status >= 300 ? null : headers.get("content-length")));
  return { repo, revision, commit, file, etag, size, checksum };
}

/** The beginning of a text of the hub, which is not kept. @throws IO_FAILED */
export async function readHubText(
  settings: HubSettings,
  remote: HubFile,
  limit: number,
  signal?: AbortSignal,
): Promise<string> {
  const { repo, commit, file } = remote;
  const url = fileUrl(settings, repo, commit, file);
  const { token } = settings;
  return ask(url, `${repo}/${file}`, { method: "GET", follow: "all", token }, signal, async (response) =>
    new TextDecoder().decode(await beginningOf(response, limit)),
  );
}

/** A request that is tried again, and what is read of its answer; a missing file is an answer too. */
async function ask<T>(
  url: URL,
  what: string,
  options: Omit<RequestOptions, "signal">,
  signal: AbortSignal | undefined,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const { token } = options;
  for (let tries = 1; ; tries++) {
    const watchdog = new Watchdog(HEAD_STALL, signal);
    try {
      const response = await request(url, { ...options, signal: watchdog.signal });
      const isMissing = response.status === 404 && isEntryMissing(response);
      const failure = response.status >= 400 && !isMissing ? statusError(response, what, token) : undefined;
      if (!failure) return await read(response);
      await response.body?.cancel();
      if (failure instanceof TransientFailure && tries < HEAD_TRIES) continue;
      throw failure;
    } catch (error) {
      const explained = watchdog.explain(error);
      if (!(explained instanceof TransientFailure)) throw explained;
      const reason = explained.message.startsWith(what) ? explained.message : `${what}: ${explained.message}`;
      throw new VqganClipError("IO_FAILED", reason, "check the network and HF_ENDPOINT", { cause: error });
    } finally {
      watchdog.stop();
    }
  }
}

/** A hub tells a missing file from a missing repository; a plain server does not. */
function isEntryMissing({ headers }: Response): boolean {
  return (headers.get("x-error-code") ?? "EntryNotFound") === "EntryNotFound";
}

/** Where the file is, once it is there. */
export function cachedPath(settings: HubSettings, { repo, commit, file }: HubFile): string {
  return join(snapshotFolder(settings.cacheDir, repo, commit), file);
}

/** Bytes that are still to come. */
export async function missingBytes(settings: HubSettings, remote: HubFile): Promise<number> {
  const { repo, etag, size = 0 } = remote;
  const blob = blobPath(settings.cacheDir, repo, etag);
  if ((await fileSize(cachedPath(settings, remote))) !== undefined || (await fileSize(blob)) !== undefined) return 0;
  return Math.max(0, size - ((await fileSize(partialOf(blob))) ?? 0));
}

/** Puts the file into the cache, unless it is there, and gives its place. @throws as `download` */
export async function fetchHubFile(settings: HubSettings, remote: HubFile, options: FetchOptions): Promise<string> {
  const { repo, revision, commit, file, etag, size, checksum } = remote;
  const { cacheDir, token } = settings;
  const pointer = cachedPath(settings, remote);
  const blob = blobPath(cacheDir, repo, etag);
  if ((await fileSize(pointer)) === undefined) {
    await withLock(
      join(locksFolder(cacheDir, repo), `${etag}.vqgan-clip.lock`),
      async () => {
        if ((await fileSize(blob)) === undefined) {
          const url = fileUrl(settings, repo, commit, file);
          await download({ what: `${repo}/${file}`, url, token, size, checksum }, partialOf(blob), options);
          await mkdir(dirname(blob), { recursive: true });
          await rename(partialOf(blob), blob);
        }
        await linkSnapshot(blob, pointer);
      },
      options,
    ).catch((error) => {
      throw error instanceof VqganClipError ? error : diskError(pointer, error);
    });
  }
  await writeRef(cacheDir, repo, revision, commit).catch(() => undefined); // a cache that may only be read is enough
  const there = (await fileSize(pointer)) ?? 0;
  options.onBytes?.(there, there);
  return pointer;
}

/** Of this package alone: Python's library may be writing to a partial file of its own. */
function partialOf(blob: string): string {
  return `${blob}.vqgan-clip.incomplete`;
}

function fileUrl({ endpoint }: HubSettings, repo: string, revision: string, file: string): URL {
  const path = file.split("/").map(encodeURIComponent).join("/");
  return new URL(`${endpoint}/${repo}/resolve/${encodeURIComponent(revision)}/${path}`);
}
