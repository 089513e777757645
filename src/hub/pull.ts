/** Getting a published model: from the first source that works, after saying what it is and how much it needs. */
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { VqganClipError } from "../core/errors.js";
import { isWeightIndex, weightParts } from "../core/weight-names.js";
import { describeAddress, fetchAddress, missingAddressBytes } from "./address-file.js";
import { type CachedModel, findCached } from "./cached.js";
import { CARD, type Published, type Source } from "./catalogue.js";
import { DiskFailure } from "./download.js";
import type { HubSettings } from "./environment.js";
import {
  describeHubFile,
  type FetchOptions,
  fetchHubFile,
  type HubFile,
  missingBytes,
  readHubText,
} from "./hub-file.js";
import { CARD_BYTES, cardLicence } from "./model-card.js";

export interface PlannedFile {
  readonly name: string;
  readonly size: number | undefined;
  /** Bytes that are still to come. */
  readonly missing: number;
  /** "sha256" and "git-sha1" are stated by the source, "pinned" by the first download, "none" is known of it yet. */
  readonly checked: "sha256" | "git-sha1" | "pinned" | "none";
}

/** What is asked for consent: nothing has been downloaded yet. */
export interface PullPlan {
  readonly published: Published;
  /** As we know it, else as the model's card names it; undefined when neither does. */
  readonly licence: string | undefined;
  /** In words. */
  readonly source: string;
  readonly files: readonly PlannedFile[];
  readonly missing: number;
  /** Free on the cache's disk; undefined when it does not say. */
  readonly freeBytes: number | undefined;
  readonly cacheDir: string;
}

/** How far a download has come. */
export interface Progress {
  /** Its published name. */
  readonly model: string;
  /** Name of the file. */
  readonly file: string;
  /** Bytes so far. */
  readonly received: number;
  /** Bytes in all. */
  readonly total: number | undefined;
}

export interface PullOptions extends Pick<FetchOptions, "signal" | "patience"> {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Asked once, before the first byte; false ends it. */
  readonly confirm?: ((plan: PullPlan) => Promise<boolean>) | undefined;
  /** A source that failed, and other things worth telling. */
  readonly onNote?: ((line: string) => void) | undefined;
  /** Bytes free at a folder (default: as the disk says). */
  readonly freeBytes?: (folder: string) => Promise<number | undefined>;
}

/**
 * The model in the cache, whole. Undefined when `confirm` said no.
 *
 * @throws IO_FAILED (offline, network, refusals, disk), BAD_FILE on wrong bytes, ABORTED
 */
export async function pull(
  settings: HubSettings,
  published: Published,
  options: PullOptions = {},
): Promise<CachedModel | undefined> {
  if (settings.offline !== undefined) {
    const hint = "allow the network for this, or copy the cache from another machine";
    throw new VqganClipError("IO_FAILED", `${published.name}: cannot be pulled, ${settings.offline}`, hint);
  }
  const failures: VqganClipError[] = [];
  let consent = options.confirm === undefined;
  for (const source of published.sources) {
    try {
      const { plan, fetchers } = await planSource(settings, published, source, options);
      consent ||= isThere(plan) || (await options.confirm?.(plan)) === true;
      if (!consent) return undefined;
      requireRoom(plan);
      for (const fetch of fetchers) await fetch();
      const model = await findCached(settings, published);
      if (model) return model;
      throw new VqganClipError("IO_FAILED", `${published.name}: the cache does not hold what was put there`);
    } catch (error) {
      const isOfSource =
        error instanceof VqganClipError &&
        !(error instanceof DiskFailure) &&
        (error.code === "IO_FAILED" || error.code === "BAD_FILE");
      if (!isOfSource) throw error;
      failures.push(error);
      if (failures.length < published.sources.length) {
        options.onNote?.(`${sourceName(source)}: ${error.message}; trying the next source`);
      }
    }
  }
  const [first] = failures as [VqganClipError];
  if (failures.length === 1) throw first;
  const each = published.sources.map((source, i) => `${sourceName(source)}: ${failures[i]?.message}`);
  throw new VqganClipError(
    "IO_FAILED",
    `${published.name}: no source works: ${each.join("; ")}`,
    "put its files (a VQGAN's checkpoint and yaml) into a folder yourself and name that folder",
    { cause: first },
  );
}

/** A file whose size nobody says may be anything. */
function isThere({ files }: PullPlan): boolean {
  return files.every(({ missing, size }) => missing === 0 && size !== undefined);
}

interface Planned {
  readonly plan: PullPlan;
  readonly fetchers: readonly (() => Promise<string>)[];
}

async function planSource(
  settings: HubSettings,
  published: Published,
  source: Source,
  options: PullOptions,
): Promise<Planned> {
  const { entries, fetchers, licence } =
    source.kind === "hub"
      ? await planHub(settings, published, source, options)
      : await planAddresses(settings, published, source, options);
  const { cacheDir } = settings;
  const missing = entries.reduce((sum, entry) => sum + entry.missing, 0);
  const freeBytes = await (options.freeBytes ?? freeOnDisk)(cacheDir);
  return {
    plan: { published, licence, source: sourceName(source), files: entries, missing, freeBytes, cacheDir },
    fetchers,
  };
}

async function planHub(
  settings: HubSettings,
  published: Published,
  { repo, revision, files }: Source & { kind: "hub" },
  options: PullOptions,
) {
  const entries: PlannedFile[] = [];
  const fetchers: (() => Promise<string>)[] = [];
  let { licence } = published;
  let commit: string | undefined; // all files of one commit, should the branch move meanwhile
  const { signal } = options;
  const described = async (names: readonly string[]): Promise<HubFile | undefined> => {
    for (const name of names) {
      const remote = await describeHubFile(settings, repo, commit ?? revision, name, signal);
      if (!remote) continue;
      commit ??= remote.commit;
      return { ...remote, revision };
    }
    return undefined;
  };
  const missingFile = (names: readonly string[]) => {
    const wanted = names.slice(0, 4).join(" or ");
    return new VqganClipError("IO_FAILED", `${repo}: holds no ${wanted}`, `it is no ${published.kind} folder`);
  };
  const add = async (remote: HubFile) => {
    const { file, size, checksum } = remote;
    entries.push({ name: file, size, missing: await missingBytes(settings, remote), checked: checksum.kind });
    fetchers.push(() => fetchHubFile(settings, remote, fetchOptions(published.name, file, options)));
  };
  for (const { names, optional } of files) {
    const remote = await described(names);
    if (!remote && optional) continue;
    if (!remote) throw missingFile(names);
    await add(remote);
    if (remote.file === CARD) licence ??= cardLicence(await readHubText(settings, remote, CARD_BYTES, signal));
    if (!isWeightIndex(remote.file)) continue;
    const index = await readHubText(settings, remote, INDEX_BYTES, signal);
    for (const name of weightParts(index, `${repo}/${remote.file}`)) {
      const part = await described([name]);
      if (!part) throw missingFile([name]);
      await add(part);
    }
  }
  return { entries, fetchers, licence };
}

/** As much of an index is read. */
const INDEX_BYTES = 1 << 24;

async function planAddresses(
  settings: HubSettings,
  { name: model, bytes, licence }: Published,
  { files }: Source & { kind: "addresses" },
  options: PullOptions,
) {
  const entries: PlannedFile[] = [];
  const fetchers: (() => Promise<string>)[] = [];
  for (const [file, address] of Object.entries(files)) {
    const rough = file.endsWith(".yaml") ? undefined : bytes; // the catalogue says the size of the weights
    const limit = rough && 2 * rough;
    const remote = await describeAddress(settings, model, file, address, limit, options.signal);
    const missing = await missingAddressBytes(settings, remote);
    const isUnsaid = remote.size === undefined && rough !== undefined;
    entries.push({
      name: file,
      size: remote.size,
      missing: isUnsaid ? rough : missing,
      checked: remote.sha256 === undefined ? "none" : "pinned",
    });
    fetchers.push(() => fetchAddress(settings, remote, fetchOptions(model, file, options)));
  }
  return { entries, fetchers, licence };
}

function fetchOptions(model: string, file: string, options: PullOptions): FetchOptions {
  const { signal, patience, onProgress, onNote } = options;
  return {
    signal,
    patience,
    onBytes: (received, total) => onProgress?.({ model, file, received, total }),
    onWait: () => onNote?.(`${file}: another process is at it; waiting`),
  };
}

function sourceName(source: Source): string {
  return source.kind === "hub" ? `the hub, ${source.repo} at ${source.revision}` : source.of;
}

function requireRoom({ published, missing, freeBytes, cacheDir }: PullPlan): void {
  if (freeBytes === undefined || missing <= freeBytes) return;
  throw new DiskFailure(
    "IO_FAILED",
    `${published.name}: needs ${mebibytes(missing)}, ${mebibytes(freeBytes)} are free at ${cacheDir}`,
    "free some space, or set HF_HUB_CACHE to another disk",
  );
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0)} MiB`;
}

/** Of the nearest folder that exists. */
async function freeOnDisk(folder: string): Promise<number | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    try {
      const { bavail, bsize } = await statfs(at);
      return bavail * bsize;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(at) === at) return undefined;
    }
  }
}
