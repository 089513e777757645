/** What loading any model from disk needs: files that are there, JSON that is JSON, and a fingerprint. Node only. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { VqganClipError } from "../core/errors.js";
import type { ModelFile } from "./model-file.js";

/** The text of a configuration file. @throws BAD_MODEL when it is not there, OUT_OF_LIMITS when it is absurdly large */
export async function readText(path: string, what: string): Promise<string> {
  const size = await stat(path).then(
    (facts) => facts.size,
    () => undefined,
  );
  if (size === undefined) throw new VqganClipError("BAD_MODEL", `${path}: no such file; ${what} needs it`);
  if (size > 100e6)
    throw new VqganClipError("OUT_OF_LIMITS", `${path}: ${size} bytes are too many for a configuration`);
  return readFile(path, "utf8");
}

export async function readJson(path: string, what: string): Promise<unknown> {
  const text = await readText(path, what);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new VqganClipError("BAD_MODEL", `${path}: not JSON: ${(cause as Error).message}`, undefined, { cause });
  }
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}

export async function modelFile(path: string): Promise<ModelFile> {
  const { size } = await stat(path);
  let digest: Promise<string> | undefined;
  return { name: basename(path), size, sha256: () => (digest ??= sha256(path)) };
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
