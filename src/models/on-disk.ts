/** Models' files in a folder on disk. Node only. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { ByteSource } from "../weights/byte-source.js";
import { openFileSource } from "../weights/open-file.js";
import type { Files, Place } from "./files.js";

/** What a path names; it need not be there. */
export async function onDisk(path: string): Promise<Place> {
  const isFolder = await stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
  return isFolder
    ? { path, files: new DiskFiles(path) }
    : { path, files: new DiskFiles(dirname(path)), file: basename(path) };
}

class DiskFiles implements Files {
  constructor(readonly path: string) {}

  get name(): string {
    return basename(resolve(this.path));
  }

  pathOf(file: string): string {
    return join(this.path, file);
  }

  folder(name: string): Files {
    return new DiskFiles(this.pathOf(name));
  }

  async list(): Promise<readonly string[] | undefined> {
    return readdir(this.path).then(
      (names) => names.sort(),
      () => undefined,
    );
  }

  async has(file: string): Promise<boolean> {
    return stat(this.pathOf(file)).then(
      (facts) => !facts.isDirectory(),
      () => false,
    );
  }

  async open(file: string): Promise<ByteSource | undefined> {
    return (await this.has(file)) ? openFileSource(this.pathOf(file)) : undefined;
  }

  async sha256(file: string): Promise<string> {
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(this.pathOf(file))) hash.update(chunk as Buffer);
    return hash.digest("hex");
  }
}
