/** What the next picture shall be, as it stands in the form; and the request it makes. */
import type { Info, Settings } from "../api/types.js";
import { type PromptRow, promptRow, promptsOf, rowsOf } from "../prompts/prompt-rows.js";

/** What differs between the pictures of a grid, as it stands in the form. */
export interface Axis {
  readonly name: string;
  /** Parted by commas; words of a prompt by lines. */
  readonly values: string;
}

export interface Draft {
  readonly rows: readonly PromptRow[];
  /** A preset's name; "" for what the model recommends. */
  readonly preset: string;
  /** As typed; "" for the recommended one. */
  readonly width: string;
  readonly height: string;
  /** As typed; "" for one that is drawn. */
  readonly seed: string;
  readonly steps: string;
  /** Settings changed under "Advanced". */
  readonly advanced: Readonly<Record<string, unknown>>;
  /** A picture to begin at and to change, instead of chance. */
  readonly source: File | undefined;
  /** How far an edit may go, 0..1; undefined for the recommended strength. */
  readonly strength: number | undefined;
  /** What differs between the pictures of a grid; none for one picture. */
  readonly axes: readonly Axis[];
}

export const emptyDraft: Draft = {
  rows: [promptRow()],
  preset: "",
  width: "",
  height: "",
  seed: "",
  steps: "",
  advanced: {},
  source: undefined,
  strength: undefined,
  axes: [],
};

/** The settings that have a place of their own in the form. */
export const ownPlaces = ["prompts", "size", "seed", "steps", "targets", "motion", "temporal"];

/** The form of settings that a picture or a session holds; what equals the recommended ones is left to them. */
export function draftOf(settings: Settings, recommended: Settings): Draft {
  const [width, height] = settings.size ?? [];
  const same = (name: string) => JSON.stringify(settings[name]) === JSON.stringify(recommended[name]);
  const names = Object.keys(settings).filter((name) => name in recommended && !ownPlaces.includes(name) && !same(name));
  return {
    ...emptyDraft,
    rows: rowsOf(settings.prompts ?? ""),
    width: width ? String(width) : "",
    height: height ? String(height) : "",
    seed: settings.seed === undefined ? "" : String(settings.seed),
    steps: settings.steps === undefined ? "" : String(settings.steps),
    advanced: Object.fromEntries(names.map((name) => [name, settings[name]])),
  };
}

/** What is asked of the service. */
export function requestOf(draft: Draft, { size, recommended }: Pick<Info, "size" | "recommended">): Settings {
  const { preset, width, height, seed, steps, advanced, source, strength } = draft;
  const hasSize = !source && (width !== "" || height !== "");
  return {
    prompts: promptsOf(draft.rows),
    ...(preset === "" ? {} : { preset }),
    ...(hasSize ? { size: [Number(width || size[0]), Number(height || size[1])] } : {}),
    ...(seed === "" ? {} : { seed: /^\d{1,15}$/.test(seed) ? Number(seed) : seed }),
    ...(steps === "" ? {} : { steps: Number(steps) }),
    ...advanced,
    keepEvery: keptEvery(Number(steps || (recommended.steps ?? 0))),
    ...(source && strength !== undefined ? { strength } : {}),
  };
}

/** Steps between two states that one can go back to: about a dozen of them in a run. */
const keptEvery = (steps: number) => Math.max(5, Math.ceil(steps / 12));
