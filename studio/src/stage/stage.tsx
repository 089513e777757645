/** The middle: the picture, how far it is, and what can be done with it. */
import { lazy, Suspense, useEffect } from "react";
import { Player } from "../film/player.js";
import { GridBoard } from "../grid/grid-board.js";
import { pause, resume } from "../state/actions.js";
import { get, isActive, set, useStudio } from "../state/store.js";
import { Compare } from "./compare.js";
import { Controls } from "./controls.js";
import { Picture } from "./picture.js";
import { Progress } from "./progress.js";
import { Scrubber } from "./scrubber.js";
import { shownAddress } from "./shown-picture.js";
import { Welcome } from "./welcome.js";

const Painting = lazy(() => import("../paint/painting.js"));

/** Keys of the whole page; fields and buttons keep theirs. */
function pressed(event: KeyboardEvent): void {
  const { session, painting, compared } = get();
  if (event.key === "Escape" && (painting || compared)) {
    set({ painting: false, compared: undefined });
    return;
  }
  const isTaken =
    event.target instanceof Element &&
    event.target.closest("input, textarea, select, button, summary, a, dialog, [role=application]");
  if (isTaken || event.ctrlKey || event.metaKey || event.altKey || !session) return;
  if (event.key === " " && !painting) {
    event.preventDefault();
    if (isActive(session)) void pause();
    else if (session.status === "paused") void resume();
  }
  if (event.key === "p" && session.status === "paused" && session.hasPicture && !session.film) set({ painting: true });
}

/** Strokes are all that the service does not keep: the browser asks before they go. */
function askBeforeLoss(event: BeforeUnloadEvent): void {
  if (Object.values(get().painted).some(({ done }) => done.length > 0)) event.preventDefault();
}

export function Stage() {
  const session = useStudio((state) => state.session);
  const wanted = useStudio((state) => state.wanted);
  const grid = useStudio((state) => state.grid);
  const looked = useStudio((state) => state.looked);
  const compared = useStudio((state) => state.compared);
  const painting = useStudio((state) => state.painting);
  useEffect(() => {
    window.addEventListener("keydown", pressed);
    window.addEventListener("beforeunload", askBeforeLoss);
    return () => {
      window.removeEventListener("keydown", pressed);
      window.removeEventListener("beforeunload", askBeforeLoss);
    };
  }, []);
  useEffect(() => {
    document.title = session ? `${percent(session)}${session.title} · studio` : "vqgan-clip studio";
  }, [session]);

  if (grid !== undefined) {
    return (
      <main className="stage" id="stage" tabIndex={-1} aria-label="The grid">
        <GridBoard id={grid} />
      </main>
    );
  }
  if (!session) {
    return (
      <main className="stage" id="stage" tabIndex={-1}>
        <div className="frame empty">{wanted === undefined ? <Welcome /> : <p className="hint">Opening…</p>}</div>
      </main>
    );
  }
  const address = shownAddress(session, looked);
  const [width, height] = session.settings.size ?? [1, 1];
  const alt = `${session.title}, step ${looked?.step ?? session.step} of ${session.steps}`;
  return (
    <main className="stage" id="stage" tabIndex={-1} aria-label="The picture">
      {painting ? (
        <Suspense fallback={<div className="frame" />}>
          <Painting session={session} />
        </Suspense>
      ) : (
        <>
          <div
            className="frame"
            style={{ aspectRatio: `${width} / ${height}`, "--ratio": width / height } as React.CSSProperties}
          >
            {address && compared ? (
              <Compare before={compared.url} after={address} alt={alt} step={compared.step} />
            ) : address && !looked && !isActive(session) && (session.film?.done ?? 0) > 1 ? (
              <Player session={session} address={address} alt={alt} />
            ) : address ? (
              <Picture address={address} alt={alt} />
            ) : (
              <p className="hint waiting">The first picture comes with the first step</p>
            )}
          </div>
          <Progress session={session} />
          <Scrubber session={session} />
          <Controls session={session} />
        </>
      )}
    </main>
  );
}

function percent({ status, step, steps }: { status: string; step: number; steps: number }): string {
  return status === "running" && steps > 0 ? `${Math.floor((100 * step) / steps)} % ` : "";
}
