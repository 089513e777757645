/** Models that are in the cache: found by name, listed, checked again, removed. */
import { lstat, readdir, readFile, readlink, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { VqganClipError } from "../core/errors.js";
import { nearest } from "../core/nearest.js";
import { decodeText } from "../core/text.js";
import { isWeightIndex, weightParts } from "../core/weight-names.js";
import {
  catalogue,
  type HubChoice,
  type ModelKind,
  otherNames,
  type Published,
  type Source,
  unlisted,
} from "./catalogue.js";
import { type Checksum, checksumOf, digestFile } from "./checksum.js";
import { diskError } from "./download.js";
import type { HubSettings } from "./environment.js";
import { cachedCommit, fileSize, isRepo, locksFolder, repoFolder, repoOfFolder, snapshotFolder } from "./layout.js";
import { modelFolder } from "./own-folder.js";
import { pinOf } from "./pins.js";
import { aborted } from "./watchdog.js";

export interface CachedFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

export interface CachedModel {
  readonly published: Published;
  /** What a loader takes. */
  readonly folder: string;
  readonly files: readonly CachedFile[];
  readonly bytes: number;
}

/** What a name stands for: an entry of the catalogue, or any repository on the hub. @throws BAD_ARGUMENT */
export function publishedNamed(name: string): Published {
  const entry = catalogue.find((published) => published.name.toLowerCase() === name.toLowerCase());
  if (entry) return entry;
  if (isRepo(name)) return unlisted(name);
  const names = catalogue.map((published) => published.name).join(", ");
  const hint = didYouMean(name) ?? `known: ${names}; or org/name`;
  throw new VqganClipError("BAD_ARGUMENT", `${name}: no published model of that name`, hint);
}

/** Names of the catalogue that a word may have meant: spelt alike, with or without the maker's, or containing it. */
export function didYouMean(word: string): string | undefined {
  const asked = word.toLowerCase();
  const spellings = new Map(Object.entries(otherNames).map(([other, name]) => [other.toLowerCase(), name]));
  for (const { name } of catalogue) {
    for (const spelling of [name, name.slice(name.indexOf("/") + 1)]) spellings.set(spelling.toLowerCase(), name);
  }
  const containing = [...spellings.keys()].filter((spelling) => asked.length > 3 && spelling.includes(asked));
  const meant = new Set(
    [...nearest(asked, spellings.keys()), ...containing].map((spelling) => spellings.get(spelling)),
  );
  return meant.size > 0 ? `did you mean ${[...meant].slice(0, 3).join(", ")}?` : undefined;
}

export function isPublishedName(text: string): boolean {
  return isRepo(text) || catalogue.some(({ name }) => name.toLowerCase() === text.toLowerCase());
}

/** The model, if all of its files are there. */
export async function findCached(settings: HubSettings, published: Published): Promise<CachedModel | undefined> {
  for (const source of published.sources) {
    const folder = await folderOf(settings, published, source);
    const files = folder && (await filesIn(folder, choicesOf(source)));
    if (files) return { published, folder, files, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
  }
  return undefined;
}

/** Whole models of the catalogue, and any other CLIP that the hub's cache holds. */
export async function listCached(settings: HubSettings): Promise<CachedModel[]> {
  const folders = await readdir(settings.cacheDir).catch(() => []);
  const others = folders
    .sort()
    .flatMap((folder) => repoOfFolder(folder) ?? [])
    .filter((repo) => !catalogue.some(({ name }) => name === repo))
    .map(unlisted);
  const models: CachedModel[] = [];
  for (const published of [...catalogue, ...others]) {
    const model = await findCached(settings, published);
    if (model && (published.licence !== undefined || (await isClip(model.folder)))) models.push(model);
  }
  return models;
}

export interface Verdict extends CachedFile {
  /** "unknown": nobody says what the bytes must be. */
  readonly verdict: "good" | "wrong" | "unknown";
  readonly checksum: Checksum | undefined;
}

/** Reads a file again and compares. @throws ABORTED */
export async function verifyFile(
  { cacheDir }: HubSettings,
  { published }: CachedModel,
  file: CachedFile,
  signal?: AbortSignal,
): Promise<Verdict> {
  const link = await readlink(file.path).catch(() => undefined);
  const pin = link === undefined ? await pinOf(cacheDir, published.name, file.name) : undefined;
  const checksum = checksumOf(pin?.sha256 ?? basename(link ?? ""));
  if (!checksum) return { ...file, checksum, verdict: "unknown" };
  const found = await digestFile(file.path, checksum.kind, signal).catch((error) => {
    throw signal?.aborted ? aborted(error) : error;
  });
  return { ...file, checksum, verdict: found === checksum.digest ? "good" : "wrong" };
}

/** Removes all that the cache holds of it, half downloads and other revisions too, and says how many bytes that were. */
export async function removeCached({ cacheDir }: HubSettings, { name, sources }: Published): Promise<number> {
  const places = sources.flatMap((source) =>
    source.kind === "hub" ? [repoFolder(cacheDir, source.repo), locksFolder(cacheDir, source.repo)] : [],
  );
  let bytes = 0;
  for (const place of new Set([...places, ...(isRepo(name) ? [] : [modelFolder(cacheDir, name)])])) {
    bytes += await bytesBelow(place);
    await rm(place, { recursive: true, force: true }).catch((cause) => {
      throw diskError(place, cause);
    });
  }
  return bytes;
}

/** A cached model of a kind by its name. @throws BAD_MODEL with the command that gets it, BAD_ARGUMENT on another kind */
export async function requireCached(settings: HubSettings, name: string, kind: ModelKind): Promise<CachedModel> {
  const published = requireKind(name, kind);
  const model = await findCached(settings, published);
  if (model) return model;
  const likely = catalogue.includes(published) ? undefined : didYouMean(name);
  throw new VqganClipError(
    "BAD_MODEL",
    `${kind}: ${name} is neither a path nor in the cache (${settings.cacheDir})`,
    likely
      ? `${likely} For a repository of that very name: vqgan-clip models pull ${published.name}`
      : `get it with: vqgan-clip models pull ${published.name}`,
  );
}

/** @throws BAD_ARGUMENT when the name is another kind's */
export function requireKind(name: string, kind: ModelKind): Published {
  const published = publishedNamed(name);
  const fits = (of: ModelKind) => of === kind || (kind === "reward" && of === "CLIP"); // some CLIPs were trained to score
  if (fits(published.kind)) return published;
  const names = catalogue.filter((entry) => fits(entry.kind)).map((entry) => entry.name);
  const isListed = catalogue.includes(published);
  throw new VqganClipError(
    "BAD_ARGUMENT",
    isListed
      ? `${kind}: ${published.name} is a ${published.kind}`
      : `${kind}: ${name} is neither a path nor a known ${kind}`,
    `known: ${names.join(", ")}`,
  );
}

async function folderOf({ cacheDir }: HubSettings, { name }: Published, source: Source): Promise<string | undefined> {
  if (source.kind === "addresses") return modelFolder(cacheDir, name);
  const commit = await cachedCommit(cacheDir, source.repo, source.revision);
  return commit && snapshotFolder(cacheDir, source.repo, commit);
}

function choicesOf(source: Source): readonly HubChoice[] {
  return source.kind === "hub" ? source.files : Object.keys(source.files).map((name) => ({ names: [name] }));
}

async function filesIn(folder: string, choices: readonly HubChoice[]): Promise<CachedFile[] | undefined> {
  const files: CachedFile[] = [];
  for (const { names, optional } of choices) {
    const file = await firstIn(folder, names);
    if (file) files.push(file);
    else if (!optional) return undefined;
    for (const part of file && isWeightIndex(file.name) ? await partsOf(file) : []) {
      const found = await firstIn(folder, [part]);
      if (!found) return undefined;
      files.push(found);
    }
  }
  return files;
}

async function firstIn(folder: string, names: readonly string[]): Promise<CachedFile | undefined> {
  for (const name of names) {
    const path = join(folder, name);
    const bytes = await fileSize(path);
    if (bytes !== undefined) return { name, path, bytes };
  }
  return undefined;
}

/** Of an index that cannot be read: none; who loads the model is told why. */
async function partsOf({ path, name }: CachedFile): Promise<readonly string[]> {
  try {
    return weightParts(await readFile(path, "utf8"), name);
  } catch {
    return [];
  }
}

async function isClip(folder: string): Promise<boolean> {
  if ((await fileSize(join(folder, "open_clip_config.json"))) !== undefined) return true;
  try {
    const config = JSON.parse(decodeText(await readFile(join(folder, "config.json")), folder)) as {
      model_type?: unknown;
    };
    return ["clip", "siglip", "convolutional_clip"].includes(config.model_type as string);
  } catch {
    return false;
  }
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    if (entry.isFile()) bytes += (await lstat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}
