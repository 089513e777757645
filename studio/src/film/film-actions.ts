/** Frames to restyle come into the form: several pictures, or those of a video. */
import { edit, tell } from "../state/actions.js";
import { get, set } from "../state/store.js";
import { type Film, followsOf, noMoves, usual } from "./film-draft.js";
import { framesOf, MOST_FRAMES } from "./frames-of.js";

/** Pictures in the order of their names' numbers, or the frames of one video. */
export async function restyle(files: readonly File[]): Promise<void> {
  const video = files.find(({ type }) => type.startsWith("video/"));
  if (video) return restyleVideo(video);
  const pictures = files.filter(({ type }) => type.startsWith("image/"));
  if (pictures.length < 2) {
    set({ problem: { detail: "To restyle frames, give a video or at least two pictures." } });
    return;
  }
  const inOrder = [...pictures].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  if (inOrder.length > MOST_FRAMES) tell({ text: `The first ${MOST_FRAMES} of ${inOrder.length} pictures are taken.` });
  take(followsOf(inOrder.slice(0, MOST_FRAMES), `${inOrder[0]?.name} to ${inOrder.at(-1)?.name}`));
}

async function restyleVideo(video: File): Promise<void> {
  const { film } = get().draft;
  const fps = film?.fps ?? "";
  set({ busy: "frames", problem: undefined });
  try {
    const frames = await framesOf(video, Number(fps || usual.fps), (number, count) =>
      tell({ text: `Taking frames of ${video.name}: ${number} of ${count}` }),
    );
    take(followsOf(frames, video.name, fps));
    tell({ text: `${frames.length} frames of ${video.name} are in the form.` });
  } catch (error) {
    const { message } = error as Error;
    set({
      problem: { detail: `There are no frames in ${video.name}: ${message}`, hint: "give its frames as pictures" },
    });
  } finally {
    set({ busy: undefined });
  }
}

/** They are what is changed, in the place of one picture. */
function take(film: Film): void {
  edit({ film, source: undefined });
}

export function makeVideo(isVideo: boolean): void {
  edit({ film: isVideo ? noMoves : undefined });
}
