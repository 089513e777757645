/** What a video shall be, as it stands in the form: a picture that moves, or frames that are restyled. */
import type { Settings } from "../api/types.js";

/** A picture that moves between frames; numbers as typed, "" for the usual one. */
export interface Moves {
  readonly kind: "video";
  readonly frames: string;
  readonly stepsPerFrame: string;
  readonly zoom: string;
  readonly right: string;
  readonly down: string;
  readonly rotate: string;
  readonly fps: string;
}

/** Frames that came, one after the other. */
export interface Follows {
  readonly kind: "style";
  readonly files: readonly File[];
  /** What they are frames of. */
  readonly name: string;
  readonly blend: string;
  readonly smooth: string;
  readonly fps: string;
}

export type Film = Moves | Follows;

/** What the service takes where nothing is said. */
export const usual = {
  frames: "60",
  stepsPerFrame: "10",
  zoom: "1.02",
  right: "0",
  down: "0",
  rotate: "0",
  fps: "12",
  blend: "0.3",
  smooth: "0.3",
} as const;

export const noMoves: Moves = {
  kind: "video",
  frames: "",
  stepsPerFrame: "",
  zoom: "",
  right: "",
  down: "",
  rotate: "",
  fps: "",
};

export function followsOf(files: readonly File[], name: string, fps = ""): Follows {
  return { kind: "style", files, name, blend: "", smooth: "", fps };
}

/** How many frames it makes, as far as that can be read. */
export function framesIn(film: Film): number {
  return film.kind === "style" ? film.files.length : Number(film.frames || usual.frames);
}

/** The part of a request that makes it one. */
export function filmRequest(film: Film): Settings {
  if (film.kind === "style") return { style: given(film, ["blend", "smooth", "fps"]) };
  const { right, down } = film;
  const pan = right === "" && down === "" ? {} : { pan: [Number(right), Number(down)] };
  return { video: { frames: framesIn(film), ...given(film, ["stepsPerFrame", "zoom", "rotate", "fps"]), ...pan } };
}

function given<Part extends Film>(film: Part, names: readonly (keyof Part & keyof typeof usual)[]) {
  return Object.fromEntries(names.filter((name) => film[name] !== "").map((name) => [name, Number(film[name])]));
}

interface Motion {
  readonly first: number;
  readonly every: number;
  readonly zoom: number;
  readonly pan: readonly [number, number];
  readonly rotate: number;
}

const motionOf = ({ motion }: Settings) => (motion ?? undefined) as Motion | undefined;

/** The form of a video's settings; undefined for a picture's. */
export function movesOf(settings: Settings): Moves | undefined {
  const motion = motionOf(settings);
  if (!motion) return undefined;
  const { first, every, zoom, pan, rotate } = motion;
  const frames = Math.floor(((settings.steps ?? first) - first) / every) + 1;
  const typed = { frames, stepsPerFrame: every, zoom, right: pan[0], down: pan[1], rotate };
  const texts = Object.entries(typed).map(([name, value]) => [name, String(value)] as const);
  return { ...noMoves, ...Object.fromEntries(texts.filter(([name, text]) => text !== usual[name as "zoom"])) };
}

/** Steps of the picture, or of a video's first frame. */
export function firstSteps(settings: Settings): number | undefined {
  return motionOf(settings)?.first ?? settings.steps;
}
