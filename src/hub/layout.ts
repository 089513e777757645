/**
 * The hub's cache on disk, as Python's `huggingface_hub` lays it out:
 *
 *     models--org--name/refs/main                     the commit that a branch or tag stood at
 *     models--org--name/blobs/<etag>                  contents; sha256 of large files, git's sha1 of small ones
 *     models--org--name/snapshots/<commit>/<file>     relative link into blobs/
 *     .locks/models--org--name/<etag>.lock
 */
import { mkdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { requires } from "../core/errors.js";
import { writeFileAtomically } from "../files/atomic-write.js";
import { temporaryBeside } from "../files/temporary.js";

const COMMIT = /^[0-9a-f]{40}$/;
const NAME = /^(?!.*(?:--|\.\.))\w[\w.-]{0,94}\w$/;

/** `org/name` as the hub allows it. */
export function isRepo(text: string): boolean {
  const parts = text.split("/");
  return parts.length === 2 && parts.every((part) => NAME.test(part)) && !text.endsWith(".git");
}

export function isCommit(text: string): boolean {
  return COMMIT.test(text);
}

export function repoFolder(cacheDir: string, repo: string): string {
  requires(isRepo(repo), "BAD_ARGUMENT", () => `${repo}: no name of a repository`, "names look like org/name");
  return join(cacheDir, folderName(repo));
}

export function locksFolder(cacheDir: string, repo: string): string {
  return join(cacheDir, ".locks", folderName(repo));
}

export function blobPath(cacheDir: string, repo: string, etag: string): string {
  return join(repoFolder(cacheDir, repo), "blobs", etag);
}

export function snapshotFolder(cacheDir: string, repo: string, commit: string): string {
  return join(repoFolder(cacheDir, repo), "snapshots", commit);
}

/** `org/name` of a folder in the cache; undefined for datasets, spaces and anything else. */
export function repoOfFolder(name: string): string | undefined {
  const [kind, ...parts] = name.split("--");
  const repo = parts.join("/");
  return kind === "models" && isRepo(repo) ? repo : undefined;
}

function folderName(repo: string): string {
  return ["models", ...repo.split("/")].join("--");
}

/** The commit that `revision` stood at when it was last asked for. */
export async function cachedCommit(cacheDir: string, repo: string, revision: string): Promise<string | undefined> {
  if (isCommit(revision)) return revision;
  const ref = await readFile(join(repoFolder(cacheDir, repo), "refs", revision), "utf8").catch(() => "");
  return isCommit(ref.trim()) ? ref.trim() : undefined;
}

/** Remembers where `revision` stands. */
export async function writeRef(cacheDir: string, repo: string, revision: string, commit: string): Promise<void> {
  if (revision === commit || (await cachedCommit(cacheDir, repo, revision)) === commit) return;
  const path = join(repoFolder(cacheDir, repo), "refs", revision);
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomically(path, new TextEncoder().encode(commit));
}

/** Makes `snapshots/<commit>/<file>` a relative link to the blob, so that the cache may be moved. */
export async function linkSnapshot(blob: string, pointer: string): Promise<void> {
  await mkdir(dirname(pointer), { recursive: true });
  const temporary = await temporaryBeside(pointer);
  await symlink(relative(dirname(pointer), blob), temporary);
  await rename(temporary, pointer).catch(async (error) => {
    await rm(temporary, { force: true });
    throw error;
  });
}

/** Size of a file, links followed; undefined when nothing is there, or a link leads nowhere. */
export async function fileSize(path: string): Promise<number | undefined> {
  return stat(path).then(
    (facts) => (facts.isFile() ? facts.size : undefined),
    () => undefined,
  );
}

/** A header's number of bytes; undefined when it is missing or none. */
export function bytesOf(header: string | null): number | undefined {
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}
