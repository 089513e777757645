/** How a picture grew: which of its previews are shown one after the other, and for how long. */
import type { SessionRecord } from "./record.js";
import { wayTo } from "./views.js";

/** Pictures of a timelapse; of more, evenly spread ones. */
const MOST = 120;
/** Milliseconds of all of it, at least and at most of one picture, and of the last. */
const [WHOLE, LEAST, LONGEST, LAST] = [6000, 40, 250, 1500] as const;

/** From the beginning to where the session stands, oldest first. */
export function timelapseFrames(record: SessionRecord): SessionRecord["frames"] {
  const way = wayTo(record);
  const onTheWay = record.frames.filter(({ node, step }) => step <= (way.get(node) ?? -1));
  const frames = onTheWay.sort((a, b) => a.step - b.step || a.node - b.node);
  const count = Math.min(frames.length, MOST);
  const last = frames.length - 1;
  return Array.from({ length: count }, (_, i) => {
    const at = count === 1 ? last : Math.round((i * last) / (count - 1));
    return frames[at] as SessionRecord["frames"][number];
  });
}

/** Milliseconds that each of so many pictures is shown. */
export function timelapseDelays(count: number): number[] {
  const each = Math.round(Math.min(LONGEST, Math.max(LEAST, WHOLE / count)));
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? LAST : each));
}
