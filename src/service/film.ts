/** What a session's film is: how many frames it shall have, and which of them are finished. */
import { endingOf, frameOf, type RunState } from "../guidance/run-state.js";
import type { Settings } from "../guidance/settings.js";
import { frameCount } from "../video/moving-video.js";
import type { SessionRecord } from "./record.js";

type Film = NonNullable<SessionRecord["film"]>;
type FilmFrame = Film["frames"][number];

/** Frames a second, where a request does not say. */
export const USUAL_FPS = 12;

/** How many frames it shall have; 0 for a picture. */
export function frameTotal({ film, settings }: Pick<SessionRecord, "film" | "settings">): number {
  if (!film) return 0;
  return film.sources || frameCount(settings as unknown as Settings);
}

/** Whether nothing remains to be done of a run that is at its end: frames that are styled are each a run of all steps. */
export function isWhole(record: Pick<SessionRecord, "film">): boolean {
  const { film } = record;
  return !film?.sources || film.frames.some(({ number }) => number === film.sources);
}

/**
 * The frames on the way to where it stands, from the first to the last.
 *
 * @param way nodes on the way there, each with the step up to which it counts
 */
export function framesOn(
  { film, settings }: Pick<SessionRecord, "film" | "settings">,
  way: ReadonlyMap<number, number>,
): FilmFrame[] {
  const { motion } = settings as unknown as Settings;
  const stepOf = (number: number) => (motion ? motion.first + (number - 1) * motion.every : 0);
  const on = (film?.frames ?? []).filter(({ node, number }) => stepOf(number) <= (way.get(node) ?? -1));
  const latest = new Map(on.map((frame) => [frame.number, frame]));
  return [...latest.values()].sort((a, b) => a.number - b.number);
}

/** The frames of a record that its session's file has come to as well: those behind it are made again. */
export function keptFrames({ film, node }: Pick<SessionRecord, "film" | "node">, state: RunState): FilmFrame[] {
  const { frames = [], sources = 0 } = film ?? {};
  const { settings, step } = state;
  const moved = () => Math.max(0, frameCount({ ...settings, steps: step }));
  const styled = () => (endingOf(state) && !state.former ? frameOf(state) : frameOf(state) - 1);
  const done = sources > 0 ? styled() : moved();
  return frames.filter((frame) => frame.node !== node || frame.number <= done);
}
