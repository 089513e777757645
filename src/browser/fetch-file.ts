/** Files of models from a web server: fetched once, kept by the browser, asked about before each use. */
import { VqganClipError } from "../core/errors.js";

/** Of the browser's Cache storage. */
export const CACHE = "vqgan-clip-models";

/** How far a file has come. */
export interface FetchProgress {
  /** Of the file. */
  readonly url: string;
  /** Bytes so far; all of them at once when they were kept. */
  readonly loaded: number;
  /** Undefined when the server does not say. */
  readonly total: number | undefined;
}

/** How files are fetched. */
export interface FetchOptions {
  /** Stops it with ABORTED (default: nothing does). */
  readonly signal?: AbortSignal;
  /** Told as a file comes (default: nobody). */
  readonly onProgress?: (progress: FetchProgress) => void;
}

/**
 * The bytes at `url`; undefined when the server has no such file. What was fetched before is used when the server still
 * has the same, or cannot be reached; then it also counts which files it did not have.
 *
 * @throws IO_FAILED naming the address and the reason; ABORTED
 */
export async function fetchFile(
  url: string,
  { signal, onProgress }: FetchOptions = {},
): Promise<Uint8Array | undefined> {
  return told(url, signal, async () => {
    const cache = await openCache();
    const kept = await cache?.match(url);
    if (kept?.ok && (await isCurrent(kept, url, signal))) {
      const bytes = new Uint8Array(await kept.arrayBuffer());
      onProgress?.({ url, loaded: bytes.length, total: bytes.length });
      return bytes;
    }
    const response = await answerTo(url, "GET", kept?.ok ? undefined : kept, signal);
    if (!isThere(response)) return keepAbsence(cache, url);
    const bytes = await bodyOf(response, (loaded, total) => onProgress?.({ url, loaded, total }));
    await keep(cache, url, bytes, response.headers);
    return bytes;
  });
}

/**
 * Whether the server has a file; while it cannot be reached, whether it had.
 *
 * @throws IO_FAILED naming the address and the reason; ABORTED
 */
export async function hasFile(url: string, options: FetchOptions = {}): Promise<boolean> {
  const { signal } = options;
  return told(url, signal, async () => {
    const cache = await openCache();
    const answer = await answerTo(url, "HEAD", await cache?.match(url), signal);
    if (answer.status === NO_HEAD) return (await fetchFile(url, options)) !== undefined;
    if (isThere(answer)) return true;
    await keepAbsence(cache, url);
    return false;
  });
}

/** What a server answers that does not know HEAD. */
const NO_HEAD = 405;

/** What the server says; while it cannot be reached, what it said before. */
async function answerTo(
  url: string,
  method: "GET" | "HEAD",
  kept: Response | undefined,
  signal: AbortSignal | undefined,
): Promise<Response> {
  return fetch(url, { method, ...(signal && { signal }) }).catch((cause: unknown) => {
    if (!kept || signal?.aborted) throw cause;
    return kept;
  });
}

/** Browsers keep nothing for pages that are neither https nor localhost. */
async function openCache(): Promise<Cache | undefined> {
  return globalThis.caches && (await caches.open(CACHE));
}

/** @throws Error when the server says neither yes nor no */
function isThere({ ok, status, statusText, headers }: Response): boolean {
  const isPage = headers.get("content-type")?.startsWith("text/html"); // a server's answer for "not here"
  if (status === 404 || (ok && isPage)) return false;
  if (!ok) throw new Error(`the server answers ${status} ${statusText}`);
  return true;
}

/** Runs `ask`; what goes wrong is told with the address. */
async function told<Answer>(url: string, signal: AbortSignal | undefined, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof VqganClipError) throw cause;
    if (signal?.aborted) throw new VqganClipError("ABORTED", `fetching ${url} was stopped`, undefined, { cause });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VqganClipError("IO_FAILED", `cannot fetch ${url}: ${reason}`, "is the model's folder on the server?", {
      cause,
    });
  }
}

const validators = ["etag", "last-modified"];

/**
 * By the first header that both the kept answer and the server's have; without one nobody knows, and it is fetched again.
 * Unreachable servers count as unchanged.
 */
async function isCurrent(kept: Response, url: string, signal: AbortSignal | undefined): Promise<boolean> {
  const answer = await fetch(url, { method: "HEAD", ...(signal && { signal }) }).catch(() => undefined);
  if (signal?.aborted) throw signal.reason;
  if (!answer) return true;
  if (!answer.ok) return false;
  const shared = validators.find((name) => kept.headers.has(name) && answer.headers.has(name));
  return shared !== undefined && kept.headers.get(shared) === answer.headers.get(shared);
}

async function bodyOf(
  { headers, body }: Response,
  onPart: (loaded: number, total: number | undefined) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  // The length on the wire is not that of the file when the server compresses.
  const total = headers.has("content-encoding") ? undefined : Number(headers.get("content-length") ?? Number.NaN);
  const known = Number.isFinite(total) ? total : undefined;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let loaded = 0;
  const reader = body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    parts.push(part.value);
    loaded += part.value.length;
    onPart(loaded, known);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

async function keep(cache: Cache | undefined, url: string, bytes: Uint8Array<ArrayBuffer>, headers: Headers) {
  const kept = validators
    .filter((name) => headers.has(name))
    .map((name): [string, string] => [name, headers.get(name)!]);
  await put(cache, url, new Response(bytes, { headers: kept }));
}

async function keepAbsence(cache: Cache | undefined, url: string): Promise<undefined> {
  await put(cache, url, new Response(null, { status: 404 }));
}

/** A full or forbidden cache is no reason to stop: the server is asked again next time. */
async function put(cache: Cache | undefined, url: string, response: Response): Promise<void> {
  await cache?.put(url, response).catch(() => undefined);
}
