/** A model by path or by name: what `clip` and `vqgan` of the library and the command line take. */
import { stat } from "node:fs/promises";
import { findCached, isPublishedName, requireCached, requireKind } from "./cached.js";
import type { ModelKind } from "./catalogue.js";
import { type HubOptions, hubSettings } from "./environment.js";
import { type Progress, pull } from "./pull.js";

export interface ResolveOptions extends HubOptions {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ResolvedModel {
  readonly path: string;
  /** The published name; undefined when a path was given. */
  readonly name: string | undefined;
}

/**
 * What is on disk is a path; else a published name, downloaded if that is allowed and needed; else a path for the loader
 * to complain about.
 *
 * @throws BAD_MODEL when it is not in the cache and may not be downloaded, and as `pull`
 */
export async function resolveModel(
  text: string,
  kind: ModelKind,
  options: ResolveOptions = {},
): Promise<ResolvedModel> {
  const isThere = await stat(text).then(
    () => true,
    () => false,
  );
  if (isThere || !isPublishedName(text)) return { path: text, name: undefined };
  const { onProgress, signal, ...hub } = options;
  const settings = hubSettings(hub);
  const published = requireKind(text, kind);
  const cached =
    (await findCached(settings, published)) ??
    (settings.offline === undefined ? await pull(settings, published, { onProgress, signal }) : undefined);
  const { folder } = cached ?? (await requireCached(settings, text, kind));
  return { path: folder, name: published.name };
}
