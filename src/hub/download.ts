/** One file from one address into a partial file: resumed by Range, tried again, checked by size and checksum. */
import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { VqganClipError } from "../core/errors.js";
import { type Checksum, digestFile } from "./checksum.js";
import { networkReason, request, statusError, TransientFailure } from "./http.js";
import { bytesOf, fileSize } from "./layout.js";
import { aborted, Watchdog } from "./watchdog.js";

export interface RemoteFile {
  /** For messages: which file of which model. */
  readonly what: string;
  readonly url: URL;
  readonly token?: string | undefined;
  /** Bytes, when known beforehand. */
  readonly size?: number | undefined;
  /** No more bytes are taken where the size is not known (default: those of a large configuration). */
  readonly limit?: number | undefined;
  /** What the bytes must be. Without it a partial file is resumed only if the server says that nothing changed. */
  readonly checksum?: Checksum | undefined;
}

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes that are there and the bytes in all, when known. */
  readonly onBytes?: ((received: number, total: number | undefined) => void) | undefined;
  /** Milliseconds before another try, and without a byte before a try is given up. */
  readonly patience?: { readonly retry: number; readonly stall: number } | undefined;
}

/** Tries in a row that bring next to nothing. */
const TRIES = 5;
/** Bytes that make a try worth another. */
const WORTH = 1 << 16;
const UNANNOUNCED_LIMIT = 100e6;
const PATIENCE = { retry: 1000, stall: 30_000 };

/**
 * Brings `partial` to the whole file and gives its sha256. What came stays for the next time, unless it is wrong.
 *
 * @throws IO_FAILED (network, disk, refusals), BAD_FILE when the bytes are not the announced ones, ABORTED
 */
export async function download(file: RemoteFile, partial: string, options: DownloadOptions = {}): Promise<string> {
  await mkdir(dirname(partial), { recursive: true });
  const resumed = ((await fileSize(partial)) ?? 0) > 0;
  await complete(file, partial, options);
  const { signal } = options;
  try {
    return await checked(file, partial, signal);
  } catch (error) {
    if (signal?.aborted) throw aborted(error);
    await discard(partial);
    if (!(resumed && error instanceof VqganClipError && error.code === "BAD_FILE")) throw error;
  }
  await complete(file, partial, options); // the first part may have been another file's: once more from its beginning
  try {
    return await checked(file, partial, signal);
  } catch (error) {
    await discard(partial);
    throw signal?.aborted ? aborted(error) : error;
  }
}

export async function discard(partial: string): Promise<void> {
  await rm(partial, { force: true });
  await rm(validatorOf(partial), { force: true });
}

async function complete(file: RemoteFile, partial: string, options: DownloadOptions): Promise<void> {
  const { retry } = options.patience ?? PATIENCE;
  let tries = 0;
  while (true) {
    const before = await usable(file, partial);
    if (file.size !== undefined && before === file.size && before > 0) return;
    try {
      return await append(file, partial, before, options);
    } catch (error) {
      if (!(error instanceof TransientFailure)) {
        if (error instanceof VqganClipError && error.code === "BAD_FILE") await discard(partial);
        throw error;
      }
      const after = (await fileSize(partial)) ?? 0;
      tries = after >= before + WORTH ? 1 : tries + 1;
      if (tries >= TRIES) throw gaveUp(file, after, error);
      await sleep(retry, undefined, options.signal ? { signal: options.signal } : {}).catch((cause) => {
        throw aborted(cause);
      });
    }
  }
}

/** Bytes of the partial file that may be kept. */
async function usable({ size, checksum }: RemoteFile, partial: string): Promise<number> {
  const there = (await fileSize(partial)) ?? 0;
  const isTooLong = size !== undefined && there > size;
  const isKnown = checksum !== undefined || (await validator(partial)) !== undefined;
  if (there > 0 && (isTooLong || !isKnown)) {
    await discard(partial);
    return 0;
  }
  return there;
}

async function append(file: RemoteFile, partial: string, offset: number, options: DownloadOptions): Promise<void> {
  const { what, url, token, checksum } = file;
  const watchdog = new Watchdog((options.patience ?? PATIENCE).stall, options.signal);
  try {
    const unchanged = checksum ? undefined : await validator(partial);
    const headers = {
      ...(offset > 0 && { range: `bytes=${offset}-` }),
      ...(offset > 0 && unchanged && { "if-range": unchanged }),
    };
    const response = await request(url, { method: "GET", headers, token, follow: "all", signal: watchdog.signal });
    if (response.status === 416) {
      await response.body?.cancel();
      await discard(partial);
      throw new TransientFailure(`${what}: the server has no byte ${offset} of it (416)`);
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw statusError(response, what, token);
    }
    const begin = beginOf(response);
    if (begin !== 0 && begin !== offset) {
      await response.body?.cancel();
      throw new TransientFailure(`${what}: asked for byte ${offset}, got byte ${begin}`);
    }
    if (begin === 0) await keepValidator(partial, response);
    await write(file, partial, begin, response, watchdog, options);
  } catch (error) {
    throw watchdog.explain(error);
  } finally {
    watchdog.stop();
  }
}

/** A server may answer a Range with the whole file. */
function beginOf(response: Response): number {
  if (response.status !== 206) return 0;
  return Number(/^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] ?? Number.NaN);
}

async function write(
  { what, size, limit = UNANNOUNCED_LIMIT }: RemoteFile,
  partial: string,
  begin: number,
  response: Response,
  watchdog: Watchdog,
  { onBytes }: DownloadOptions,
): Promise<void> {
  // The length on the wire is not that of the file when the server compresses, although it is asked not to.
  const length = response.headers.has("content-encoding") ? undefined : bytesOf(response.headers.get("content-length"));
  const total = size ?? (length === undefined ? undefined : begin + length);
  const most = size ?? Math.min(total ?? limit, limit);
  const tooLong = () =>
    new VqganClipError("BAD_FILE", `${what}: more than ${most} bytes, which is all it may have`, "try another source");
  if (total !== undefined && total > most) {
    await response.body?.cancel();
    throw tooLong();
  }
  const handle = await onDisk(partial, () => open(partial, begin > 0 ? "r+" : "w"));
  let at = begin;
  try {
    if (begin > 0) await onDisk(partial, () => handle.truncate(begin));
    onBytes?.(at, total);
    for await (const chunk of chunksOf(response)) {
      watchdog.feed(chunk.length);
      if (at + chunk.length > most) throw tooLong();
      await onDisk(partial, () => writeAll(handle, chunk, at));
      at += chunk.length;
      onBytes?.(at, total);
    }
    await onDisk(partial, () => handle.sync());
  } finally {
    await handle.close();
  }
  if (total !== undefined && at < total) throw new TransientFailure("the connection ended early");
}

async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  if (!response.body) return;
  try {
    yield* response.body as unknown as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw new TransientFailure(networkReason(cause), { cause });
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw diskError(path, cause);
  }
}

/** Of this machine, not of a source: another source would not help. */
export class DiskFailure extends VqganClipError {}

export function diskError(path: string, cause: unknown): DiskFailure {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason =
    code === "ENOSPC" || code === "EDQUOT"
      ? "the disk is full"
      : code === "EACCES" || code === "EPERM" || code === "EROFS"
        ? "its folder is not writable"
        : message;
  const hint = "free some space, or set HF_HUB_CACHE to another disk";
  return new DiskFailure("IO_FAILED", `cannot write ${path}: ${reason}`, hint, { cause });
}

async function checked(file: RemoteFile, partial: string, signal: AbortSignal | undefined): Promise<string> {
  const { what, size, checksum } = file;
  const length = (await fileSize(partial)) ?? 0;
  if (size !== undefined && length !== size) {
    throw new VqganClipError("BAD_FILE", `${what}: ${length} bytes came, ${size} were announced`, "try again");
  }
  const sha256 = await digestFile(partial, "sha256", signal);
  if (checksum) {
    const { kind, digest } = checksum;
    const found = kind === "sha256" ? sha256 : await digestFile(partial, kind, signal);
    if (found !== digest) {
      throw new VqganClipError(
        "BAD_FILE",
        `${what}: wrong bytes: ${kind} is ${found.slice(0, 12)}..., expected ${digest.slice(0, 12)}...; thrown away`,
        "try again; if it happens again, the source serves another file",
      );
    }
  }
  await rm(validatorOf(partial), { force: true });
  return sha256;
}

function gaveUp({ what, size }: RemoteFile, received: number, cause: TransientFailure): VqganClipError {
  const come =
    received > 0 ? `; ${received} ${size === undefined ? "" : `of ${size} `}bytes have come and are kept` : "";
  const reason = cause.message.startsWith(`${what}: `) ? cause.message : `${what}: ${cause.message}`;
  return new VqganClipError("IO_FAILED", `${reason}${come}`, "the same command goes on from there", { cause });
}

/** What the server calls this state of the file, kept beside the partial file together with the address. */
function validatorOf(partial: string): string {
  return `${partial}.etag`;
}

async function validator(partial: string): Promise<string | undefined> {
  return (await readFile(validatorOf(partial), "utf8").catch(() => "")) || undefined;
}

async function keepValidator(partial: string, response: Response): Promise<void> {
  const etag = response.headers.get("etag");
  const strong = etag !== null && !etag.startsWith("W/") ? etag : response.headers.get("last-modified");
  if (strong) await writeFile(validatorOf(partial), strong);
  else await rm(validatorOf(partial), { force: true });
}

/** A short name for an address, so that partial files of two mirrors never mix. */
export function addressKey(url: URL): string {
  return createHash("sha256").update(url.href).digest("hex").slice(0, 12);
}
