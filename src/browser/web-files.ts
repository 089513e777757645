/** Models' files on a web server, whole in memory once they are opened. */
import { sha256Of } from "../core/bytes.js";
import { VqganClipError } from "../core/errors.js";
import type { Files, Place } from "../models/files.js";
import { MemorySource } from "../weights/byte-source.js";
import { type FetchOptions, fetchFile, hasFile } from "./fetch-file.js";

/** Nobody can ask a web server whether a name is a folder's: files are told by these endings. */
const FILE = /\.(safetensors|ckpt|pt|pth|bin|json)$/;

/** What an address names, relative to the page's; its query goes along with every file. It need not be there. */
export function atAddress(address: string | URL, options: FetchOptions): Place {
  const url = new URL(address, globalThis.location?.href);
  const path = url.href;
  if (FILE.test(url.pathname)) {
    const [, folder, file] = /^(.*\/)([^/]+)$/.exec(url.pathname) as unknown as [string, string, string];
    url.pathname = folder;
    return { path, files: new WebFiles(url, options), file: decodeURIComponent(file) };
  }
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return { path, files: new WebFiles(url, options) };
}

class WebFiles implements Files {
  private readonly opened = new Map<string, Promise<MemorySource | undefined>>();

  /** @param url its path ends with a slash */
  constructor(
    private readonly url: URL,
    private readonly options: FetchOptions,
  ) {}

  get path(): string {
    return this.url.href;
  }

  get name(): string {
    return decodeURIComponent(this.url.pathname.split("/").at(-2) ?? "") || "model";
  }

  pathOf(file: string): string {
    const url = new URL(this.url);
    url.pathname += encodeURIComponent(file);
    return url.href;
  }

  folder(name: string): Files {
    return new WebFiles(new URL(`${encodeURIComponent(name)}/${this.url.search}`, this.url), this.options);
  }

  async list(): Promise<undefined> {
    return undefined;
  }

  async has(file: string): Promise<boolean> {
    const opened = this.opened.get(file);
    return opened ? (await opened) !== undefined : hasFile(this.pathOf(file), this.options);
  }

  open(file: string): Promise<MemorySource | undefined> {
    const opened = this.opened.get(file) ?? this.fetched(this.pathOf(file));
    this.opened.set(file, opened);
    return opened;
  }

  async sha256(file: string): Promise<string> {
    if (!globalThis.crypto?.subtle) {
      throw new VqganClipError(
        "IO_FAILED",
        "weights cannot be told by their sha256: the page is not in a secure context",
        "serve it over https, or from localhost",
      );
    }
    return sha256Of(((await this.open(file)) as MemorySource).bytes);
  }

  private async fetched(url: string): Promise<MemorySource | undefined> {
    const bytes = await fetchFile(url, this.options);
    return bytes && new MemorySource(bytes, url);
  }
}
