/** A hub for tests, on 127.0.0.1 alone: an endpoint that redirects large files to a storage host, and all that can go wrong. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

interface Stored {
  readonly bytes: Buffer;
  readonly lfs: boolean;
}

export interface Fault {
  /** End the connection after so many bytes of the body. */
  cutAfter?: number;
  /** Send so many bytes, then nothing. */
  stallAfter?: number;
  /** Answer a Range with the whole file. */
  ignoresRange?: boolean;
  /** Answer with this status, and this `X-Error-Code`. */
  status?: number;
  errorCode?: string;
  /** Answer any Range with 416. */
  refusesRange?: boolean;
  /** Other bytes of the same length. */
  wrongBytes?: boolean;
  /** How many answers it spoils (default: all). */
  times?: number;
}

export interface Seen {
  readonly host: "endpoint" | "storage";
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export class HubServer {
  readonly seen: Seen[] = [];
  readonly faults = new Map<string, Fault>();
  /** Redirect to another path of the same host first, as for a renamed repository. */
  renamed = new Map<string, string>();
  private readonly files = new Map<string, Stored>();

  private constructor(
    private readonly endpointServer: Server,
    private readonly storageServer: Server,
  ) {
    endpointServer.on("request", (request, response) => this.answer(request, response));
    storageServer.on("request", (request, response) => this.store(request, response));
  }

  static async start(): Promise<HubServer> {
    const [endpoint, storage] = [createServer(), createServer()];
    for (const server of [endpoint, storage]) {
      await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    }
    return new HubServer(endpoint, storage);
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.endpointServer.address() as AddressInfo).port}`;
  }

  get storage(): string {
    return `http://127.0.0.1:${(this.storageServer.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const server of [this.endpointServer, this.storageServer]) {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    }
  }

  put(repo: string, file: string, bytes: Buffer, lfs = bytes.length > 1000): void {
    this.files.set(`${repo}/${file}`, { bytes, lfs });
  }

  gets(): Seen[] {
    return this.seen.filter(({ method }) => method === "GET");
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    this.note("endpoint", request);
    const path = request.url ?? "/";
    const [, repo = "", , file = ""] = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path) ?? [];
    const moved = this.renamed.get(repo);
    if (moved) {
      response.writeHead(307, { location: path.replace(repo, moved) }).end();
      return;
    }
    const fault = request.method === "HEAD" || this.stored(repo, file)?.lfs === false ? this.spoil(file) : undefined;
    if (fault?.status) {
      response.writeHead(fault.status, fault.errorCode ? { "x-error-code": fault.errorCode } : {}).end();
      return;
    }
    const stored = this.stored(repo, file);
    if (!stored && ![...this.files.keys()].some((key) => key.startsWith(`${repo}/`))) {
      const status = request.headers.authorization ? 404 : 401; // whoever gives no name learns of no secret repository
      response.writeHead(status, { "x-error-code": "RepoNotFound" }).end();
      return;
    }
    if (!stored) {
      response.writeHead(404, { "x-error-code": "EntryNotFound" }).end();
      return;
    }
    const headers = { "x-repo-commit": COMMIT, "accept-ranges": "bytes" };
    if (stored.lfs) {
      const etag = createHash("sha256").update(stored.bytes).digest("hex");
      response
        .writeHead(302, {
          ...headers,
          etag: '"of-the-redirect"',
          "x-linked-etag": `"${etag}"`,
          "x-linked-size": String(stored.bytes.length),
          location: `${this.storage}/${repo}/${file}`,
        })
        .end();
      return;
    }
    const etag = createHash("sha1").update(`blob ${stored.bytes.length}\0`).update(stored.bytes).digest("hex");
    this.send(request, response, stored.bytes, { ...headers, etag: `W/"${etag}"` }, fault);
  }

  private store(request: IncomingMessage, response: ServerResponse): void {
    this.note("storage", request);
    const path = (request.url ?? "/").slice(1).replace(/\?.*$/, "");
    const file = path.split("/").slice(2).join("/");
    const stored = this.files.get(path);
    const fault = request.method === "GET" ? this.spoil(file) : undefined;
    if (!stored || fault?.status) {
      response.writeHead(fault?.status ?? 404).end();
      return;
    }
    const etag = createHash("md5").update(stored.bytes).digest("hex");
    this.send(request, response, stored.bytes, { etag: `"${etag}"` }, fault);
  }

  private send(
    request: IncomingMessage,
    response: ServerResponse,
    whole: Buffer,
    headers: Record<string, string>,
    fault: Fault = {},
  ): void {
    const bytes = fault.wrongBytes ? Buffer.alloc(whole.length, 7) : whole;
    const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
    const condition = request.headers["if-range"];
    const isUnchanged = condition === undefined || condition === headers.etag;
    const from = asked === undefined || fault.ignoresRange || !isUnchanged ? 0 : Number(asked);
    if (asked !== undefined && (fault.refusesRange || from >= bytes.length)) {
      response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
      return;
    }
    const body = bytes.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      ...headers,
      "content-length": String(body.length),
      ...(from > 0 && { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    if (request.method === "HEAD") response.end();
    else if (fault.cutAfter !== undefined) response.write(body.subarray(0, fault.cutAfter), () => response.destroy());
    else if (fault.stallAfter !== undefined) response.write(body.subarray(0, fault.stallAfter));
    else response.end(body);
  }

  private stored(repo: string, file: string): Stored | undefined {
    return this.files.get(`${repo}/${file}`);
  }

  private spoil(file: string): Fault | undefined {
    const fault = this.faults.get(file);
    if (!fault || fault.times === 0) return undefined;
    if (fault.times !== undefined) fault.times -= 1;
    return fault;
  }

  private note(host: Seen["host"], request: IncomingMessage): void {
    const { method = "", url = "", headers } = request;
    this.seen.push({ host, method, path: url, range: headers.range, authorization: headers.authorization });
  }
}
