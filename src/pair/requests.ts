/** What a pair of models is asked for: pictures from words, edits, runs that go on. */
import { requires } from "../core/errors.js";
import { type NamesOf, requireKnown } from "../core/known-names.js";
import type { NDArray } from "../core/ndarray.js";
import type { Seed } from "../core/seed.js";
import type { SettingsRequest } from "../guidance/resolve-settings.js";
import type { TargetSetting } from "../guidance/setting-parts.js";
import type { Settings } from "../guidance/settings.js";
import type { Rectangle } from "../masks/mask.js";
import type { SessionChanges } from "../sessions/session-tree.js";
import type { Notice } from "./options.js";

/** What to be near beside texts, with a text's weight (default 1; also keyframes, "0->1") and stop (default never). */
export type TargetRequest<Source> = { readonly weight?: number | string; readonly stop?: number } & (
  | {
      readonly kind: "image";
      readonly image: Source;
      /** Take its cutouts once (default) or anew each step. */
      readonly views?: "fixed" | "fresh";
    }
  /** A random direction of the perceptor's space. */
  | { readonly kind: "noise"; readonly seed: Seed }
  /** An embedding [E], as `embedTexts` and `embedImage` give it. */
  | { readonly kind: "vector"; readonly vector: ArrayLike<number> }
);

/** Who hears what a run tells. */
export interface Listening {
  /** Told each of the run's notices once (default: the pair's `onNotice`); `run.notices` has them too. */
  readonly onNotice?: (notice: Notice) => void;
}

interface WithTargets<Source> extends Omit<SettingsRequest, "targets">, Listening {
  /** What to be near beside the texts, 64 at most (default none). */
  readonly targets?: readonly TargetRequest<Source>[];
  /** Keep the state of every so many steps, to fork the run from (default 0: only where it stands). */
  readonly keepEvery?: number;
}

/** A picture to make. @typeParam Source what a platform can read a picture from */
export interface RunRequest<Source> extends WithTargets<Source> {
  /** Begin at this picture, resized to the run's size. */
  readonly initImage?: Source;
  /** Begin at these codes, row-major over the latent. */
  readonly initCodes?: readonly number[];
  /** Settings of a picture to make again; anything else named in the request comes first. */
  readonly like?: Settings;
}

export type PlanRequest<Source> = Omit<RunRequest<Source>, "initImage" | "initCodes" | "keepEvery" | "onNotice">;

/** An edit to make. @typeParam Source what a platform can read a picture from */
export interface EditRequest<Source> extends WithTargets<Source> {
  /** The picture to edit; the result has its size. */
  readonly image: Source;
  /** White may change, black stays (numbers [H,W] in bytes work too); without it, everything may. */
  readonly mask?: Source | NDArray;
  /** The part that may change, instead of a mask. */
  readonly rect?: Rectangle;
  /** Settings of an edit to make again; anything else named in the request comes first. */
  readonly like?: Settings;
  /** A longer side is worked at this many pixels at most (default 512) unless `size` says how large. */
  readonly maxSide?: number;
}

/** What of a session goes on, and what changes on the way. */
export interface OpenRequest extends SessionChanges, Listening {
  /** The node that goes on (default: the one that went on last). */
  readonly node?: number;
  /** Fork it at this kept step instead of going on where it stands. */
  readonly at?: number;
}

const aimNames = { weight: true, stop: true, kind: true } as const;
const targetNames: { readonly [Kind in TargetRequest<never>["kind"]]: Readonly<Record<string, true>> } = {
  image: { ...aimNames, image: true, views: true } satisfies NamesOf<Extract<TargetRequest<never>, { kind: "image" }>>,
  noise: { ...aimNames, seed: true } satisfies NamesOf<Extract<TargetRequest<never>, { kind: "noise" }>>,
  vector: { ...aimNames, vector: true } satisfies NamesOf<Extract<TargetRequest<never>, { kind: "vector" }>>,
};

/** The request with its targets as settings hold them. @throws BAD_ARGUMENT on a name or a kind that no target has */
export function withTargetSettings<Source>({ targets, ...request }: WithTargets<Source>): SettingsRequest {
  if (!targets) return request;
  const settings = targets.map((target): TargetSetting => {
    const names = targetNames[target.kind];
    requires(
      names,
      "BAD_ARGUMENT",
      () => `targets: expected a kind, got ${JSON.stringify(target.kind)}`,
      `known: ${Object.keys(targetNames).join(", ")}`,
    );
    requireKnown<object>(`targets: ${target.kind}`, target, names);
    const aim = { weight: target.weight ?? 1, stop: Number.isFinite(target.stop) ? (target.stop as number) : null };
    if (target.kind === "noise") return { kind: "noise", ...aim, seed: target.seed };
    return target.kind === "vector"
      ? { kind: "vector", ...aim }
      : { kind: "image", ...aim, views: target.views ?? "fixed" };
  });
  return { ...request, targets: settings };
}
