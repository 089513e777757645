/** What the next picture shall be, as it stands in the form; and the request it makes. */
import type { Files } from "../api/client.js";
import type { Info, Settings } from "../api/types.js";
import { type Film, filmRequest, firstSteps, movesOf } from "../film/film-draft.js";
import { type PromptRow, promptRow, promptsOf, rowsOf } from "../prompts/prompt-rows.js";

/** What differs between the pictures of a grid, as it stands in the form. */
export interface Axis {
  readonly name: string;
  /** Parted by commas; words of a prompt by lines. */
  readonly values: string;
}

export interface PicturePrompt {
  /** Stable while it is in the form. */
  readonly id: string;
  readonly file: File;
  /** 0 leaves it out. */
  readonly weight: number;
  /** It stops counting once it is as near as this; "" for never. */
  readonly stop: string;
}

let made = 0;

export function picturePrompt(file: File, weight = 1, stop = ""): PicturePrompt {
  return { id: `picture-${++made}`, file, weight, stop };
}

export interface Draft {
  readonly rows: readonly PromptRow[];
  /** Pictures to be near, or with a weight below 0 to be far from. */
  readonly pictures: readonly PicturePrompt[];
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
  /** Frames that follow one another, instead of one picture. */
  readonly film: Film | undefined;
}

export const emptyDraft: Draft = {
  rows: [promptRow()],
  pictures: [],
  preset: "",
  width: "",
  height: "",
  seed: "",
  steps: "",
  advanced: {},
  source: undefined,
  strength: undefined,
  axes: [],
  film: undefined,
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
    film: movesOf(settings),
    width: width ? String(width) : "",
    height: height ? String(height) : "",
    seed: settings.seed === undefined ? "" : String(settings.seed),
    steps: String(firstSteps(settings) ?? ""),
    advanced: Object.fromEntries(names.map((name) => [name, settings[name]])),
  };
}

/** What is asked of the service. */
export function requestOf(draft: Draft, { size, recommended }: Pick<Info, "size" | "recommended">): Settings {
  const { preset, width, height, seed, steps, advanced, source, strength, film } = draft;
  const pictures = countedPictures(draft);
  const isEdit = film ? film.kind === "style" : source !== undefined;
  const hasSize = !isEdit && (width !== "" || height !== "");
  return {
    prompts: promptsOf(draft.rows),
    ...(pictures.length > 0 ? { imagePrompts: pictures.map(imagePromptOf) } : {}),
    ...(preset === "" ? {} : { preset }),
    ...(hasSize ? { size: [Number(width || size[0]), Number(height || size[1])] } : {}),
    ...(seed === "" ? {} : { seed: /^\d{1,15}$/.test(seed) ? Number(seed) : seed }),
    ...(steps === "" ? {} : { steps: Number(steps) }),
    ...advanced,
    ...(film?.kind === "style" ? {} : { keepEvery: keptEvery(Number(steps || (recommended.steps ?? 0))) }),
    ...(isEdit && strength !== undefined ? { strength } : {}),
    ...(film ? filmRequest(film) : {}),
  };
}

/** The files that go with it. */
export function filesOf(draft: Draft): Files {
  const { source, film } = draft;
  const prompts = countedPictures(draft).map(({ file }) => file);
  if (film?.kind === "style") return { frames: film.files, prompts };
  return { ...(film ? { start: source } : { image: source }), prompts };
}

/** Whether there is something to see in the picture. */
export const hasAim = (draft: Draft) => promptsOf(draft.rows) !== "" || countedPictures(draft).length > 0;

const countedPictures = ({ pictures }: Draft) => pictures.filter(({ weight }) => weight !== 0);

const imagePromptOf = ({ weight, stop }: PicturePrompt) => ({ weight, ...(stop !== "" && { stop: Number(stop) }) });

/** Steps between two states that one can go back to: about a dozen of them in a run. */
const keptEvery = (steps: number) => Math.max(5, Math.ceil(steps / 12));
