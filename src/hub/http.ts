/** Requests that keep the token at home: redirects are followed by hand, and only the endpoint ever sees it. */
import { VqganClipError } from "../core/errors.js";

const MAX_REDIRECTS = 10;
const USER_AGENT = "vqgan-clip";

/** Something that may be otherwise in a moment: worth another try. */
export class TransientFailure extends Error {}

export interface RequestOptions {
  readonly method: "HEAD" | "GET";
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string | undefined;
  /** "same-host" stops at a redirect to another host and gives that answer, whose headers describe the file. */
  readonly follow: "same-host" | "all";
  readonly signal: AbortSignal;
}

/**
 * One request. The token goes along while the host stays the first one's, and never again once it has changed.
 *
 * @throws TransientFailure when there was no answer, IO_FAILED on redirects that lead astray
 */
export async function request(url: URL, options: RequestOptions): Promise<Response> {
  const { method, headers, follow, signal } = options;
  let { token } = options;
  let at = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await ask(at, {
      method,
      redirect: "manual",
      signal,
      headers: {
        "user-agent": USER_AGENT,
        "accept-encoding": "identity", // sizes and ranges are those of the file
        ...headers,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null) return response;
    const next = nextAddress(at, location);
    if (next.origin !== at.origin) {
      if (follow === "same-host") return response;
      token = undefined;
    }
    await response.body?.cancel();
    at = next;
  }
  throw new VqganClipError("IO_FAILED", `${url.host}: redirects without end`);
}

/** At most `limit` bytes of a body, unpacked; more is neither waited for nor kept. */
export async function beginningOf({ body }: Response, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of (body ?? []) as AsyncIterable<Uint8Array>) {
    parts.push(part);
    length += part.length;
    if (length >= limit) break; // which cancels the rest
  }
  return Buffer.concat(parts).subarray(0, limit);
}

async function ask(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new TransientFailure(`${url.host} does not answer: ${networkReason(cause)}`, { cause });
  }
}

function nextAddress(from: URL, location: string): URL {
  const next = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  const isSafe = next?.protocol === "https:" || (next?.protocol === "http:" && from.protocol === "http:");
  if (next && isSafe) return next;
  throw new VqganClipError("IO_FAILED", `${from.host}: redirects to ${location.slice(0, 80)}, which is not followed`);
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection lost",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "no such host, or no network",
  ETIMEDOUT: "no answer in time",
  UND_ERR_CONNECT_TIMEOUT: "no answer in time",
  UND_ERR_SOCKET: "connection lost",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "connection lost",
};

/** What lies below fetch's "fetch failed". */
export function networkReason(error: unknown): string {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  const code = (deepest as NodeJS.ErrnoException)?.code ?? "";
  return reasons[code] ?? (deepest instanceof Error ? deepest.message : String(deepest));
}

/**
 * The error of an answer that is no file: one line that says what to do.
 *
 * @param what the repository or address, and the file, in words
 */
export function statusError(response: Response, what: string, token: string | undefined): Error {
  const { status } = response;
  const code = response.headers.get("x-error-code");
  const hasToken = token !== undefined;
  const error = (message: string, hint: string) => new VqganClipError("IO_FAILED", `${what}: ${message}`, hint);
  if (status === 401) {
    return hasToken
      ? error("the token is not accepted, or there is no such repository (401)", "check HF_TOKEN and the name")
      : error("no such repository, or one that wants a token (401)", "check the name, or set HF_TOKEN");
  }
  if (status === 403 || code === "GatedRepo") {
    return error(
      `access is not granted (${status})`,
      hasToken ? "accept the model's terms on its page, with the account of HF_TOKEN" : "set HF_TOKEN",
    );
  }
  if (status === 404 || status === 410) {
    const missing = code === "RepoNotFound" ? "repository" : code === "RevisionNotFound" ? "revision" : "file";
    return error(`no such ${missing} (${status})`, "it may have been moved or removed");
  }
  if (status === 408 || status === 429 || status >= 500) {
    return new TransientFailure(
      status === 429 ? `${what}: too many requests (429)` : `${what}: the server failed (${status})`,
    );
  }
  return error(`unexpected answer ${status}`, "try again later");
}
