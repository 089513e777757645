/** One file at a plain web address: what its server says of it, and how it gets into the cache. */
import { mkdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { VqganClipError } from "../core/errors.js";
import { addressKey, diskError, download } from "./download.js";
import type { HubSettings } from "./environment.js";
import { request, statusError, TransientFailure } from "./http.js";
import type { FetchOptions } from "./hub-file.js";
import { bytesOf, fileSize } from "./layout.js";
import { withLock } from "./lock.js";
import { modelFolder, ownFolder } from "./own-folder.js";
import { addPin, pinOf, pinsFile } from "./pins.js";
import { Watchdog } from "./watchdog.js";

export interface AddressFile {
  /** Of the model. */
  readonly name: string;
  readonly file: string;
  readonly url: URL;
  /** Bytes, when the server says it. */
  readonly size: number | undefined;
  /** No more bytes are taken where the size is not known. */
  readonly limit: number | undefined;
  /** Known from an earlier download. */
  readonly sha256: string | undefined;
}

const HEAD_STALL = 15_000;

/**
 * Asks the server; one that knows no HEAD says nothing of the size.
 *
 * @param limit no more bytes are taken where the size is not known
 * @throws IO_FAILED when the file is not there
 */
export async function describeAddress(
  { cacheDir }: HubSettings,
  name: string,
  file: string,
  address: string,
  limit: number | undefined,
  signal?: AbortSignal,
): Promise<AddressFile> {
  const url = new URL(address);
  const pin = await pinOf(cacheDir, name, file);
  if ((await fileSize(join(modelFolder(cacheDir, name), file))) !== undefined) {
    return { name, file, url, size: pin?.size, limit, sha256: pin?.sha256 };
  }
  const watchdog = new Watchdog(HEAD_STALL, signal);
  try {
    const response = await request(url, { method: "HEAD", follow: "all", signal: watchdog.signal });
    const { status, headers } = response;
    if (status >= 400 && status !== 405 && status !== 501)
      throw statusError(response, `${url.host}/${file}`, undefined);
    const size = status < 300 ? bytesOf(headers.get("content-length")) : undefined;
    return { name, file, url, size, limit, sha256: pin?.sha256 };
  } catch (error) {
    const explained = watchdog.explain(error);
    if (!(explained instanceof TransientFailure)) throw explained;
    throw new VqganClipError("IO_FAILED", explained.message, "check the network", { cause: error });
  } finally {
    watchdog.stop();
  }
}

export async function missingAddressBytes({ cacheDir }: HubSettings, remote: AddressFile): Promise<number> {
  const path = join(modelFolder(cacheDir, remote.name), remote.file);
  if ((await fileSize(path)) !== undefined) return 0;
  return Math.max(0, (remote.size ?? 0) - ((await fileSize(partialOf(path, remote.url))) ?? 0));
}

/** Puts the file into this package's part of the cache, unless it is there. @throws as `download` */
export async function fetchAddress(settings: HubSettings, remote: AddressFile, options: FetchOptions): Promise<string> {
  const { name, file, url, size, limit, sha256 } = remote;
  const { cacheDir } = settings;
  const path = join(modelFolder(cacheDir, name), file);
  const lock = join(ownFolder(cacheDir), ".locks", `${name}--${file}.lock`);
  await withLock(
    lock,
    async () => {
      if ((await fileSize(path)) !== undefined) return;
      const partial = partialOf(path, url);
      const checksum = sha256 === undefined ? undefined : ({ kind: "sha256", digest: sha256 } as const);
      const found = await download({ what: `${name}/${file}`, url, size, limit, checksum }, partial, options).catch(
        (error) => {
          if (sha256 === undefined || !(error instanceof VqganClipError) || error.code !== "BAD_FILE") throw error;
          const hint = `if its makers changed it, delete its entry in ${pinsFile(cacheDir)}`;
          throw new VqganClipError("BAD_FILE", error.message, hint, { cause: error });
        },
      );
      const bytes = (await fileSize(partial)) ?? 0;
      if (sha256 === undefined) await addPin(cacheDir, name, file, { sha256: found, size: bytes, from: url.href });
      await mkdir(dirname(path), { recursive: true });
      await rename(partial, path);
    },
    options,
  ).catch((error) => {
    throw error instanceof VqganClipError ? error : diskError(path, error);
  });
  const there = (await fileSize(path)) ?? 0;
  options.onBytes?.(there, there);
  return path;
}

function partialOf(path: string, url: URL): string {
  return join(dirname(path), `.${path.slice(dirname(path).length + 1)}.${addressKey(url)}.incomplete`);
}
