/** Pause, resume, stop, paint, go back, download. */
import { DropdownMenu } from "radix-ui";
import { useRef } from "react";
import { service } from "../api/client.js";
import type { Session } from "../api/types.js";
import { FilmDownloads } from "../film/film-downloads.js";
import { Icon } from "../shell/icon.js";
import { addSteps, fork, openGrid, pause, resume, stop } from "../state/actions.js";
import { download } from "../state/download.js";
import { isActive, set, useStudio } from "../state/store.js";
import { MoreDownloads } from "./more-downloads.js";
import { OtherSize } from "./other-size.js";
import { Share } from "./share.js";
import { forkStep } from "./shown-picture.js";

export function Controls({ session }: { readonly session: Session }) {
  const busy = useStudio((state) => state.busy);
  const looked = useStudio((state) => state.looked);
  const compared = useStudio((state) => state.compared);
  const isPainted = useStudio(({ painted }) => (painted[session.id]?.done.length ?? 0) > 0);
  const { status, hasPicture } = session;
  const from = looked && forkStep(session, looked);
  const canGoOn = status === "paused" || status === "failed";
  const recommended = useStudio((state) => state.info?.recommended.steps ?? 50);
  const more = moreOf(session, recommended);
  const canBranch = session.kind !== "style";
  const trigger = useRef<HTMLButtonElement>(null);
  const sharing = useRef<HTMLDialogElement>(null);
  const canPaint = !isActive(session) && hasPicture && !session.film;
  return (
    <>
      <div className="controls" role="toolbar" aria-label="The run">
        {isActive(session) && (
          <button type="button" className="main" onClick={() => void pause()} disabled={busy === "pause"}>
            <Icon name="pause" /> Pause
          </button>
        )}
        {canGoOn && !looked && (
          <button type="button" className="main" onClick={() => void resume()} disabled={busy === "resume"}>
            <Icon name="play" /> Resume
          </button>
        )}
        {status === "cancelled" && !looked && hasPicture && canBranch && (
          <button
            type="button"
            className="main"
            onClick={() => void fork(session.node, session.step)}
            disabled={busy === "fork"}
          >
            <Icon name="fork" /> Go on
          </button>
        )}
        {status === "finished" && !looked && canBranch && (
          <button type="button" onClick={() => void addSteps(more.steps)} disabled={busy === "resume"}>
            <Icon name="play" /> {more.words}
          </button>
        )}
        {looked && (
          <>
            {from !== undefined && canBranch && (
              <button
                type="button"
                className="main"
                onClick={() => void fork(looked.node, from)}
                disabled={busy === "fork"}
                title="As a new branch, from the last step up to this picture whose state was kept"
              >
                <Icon name="fork" /> Go on from step {from}
              </button>
            )}
            <button type="button" onClick={() => set({ looked: undefined })}>
              Back to the newest
            </button>
          </>
        )}
        {isActive(session) && (
          <button type="button" onClick={() => void stop()} disabled={busy === "stop"}>
            <Icon name="stop" /> Stop
          </button>
        )}
        {canPaint && !looked && !compared && (
          <button type="button" onClick={() => set({ painting: true, compared: undefined })} title="P">
            <Icon name="brush" /> {isPainted ? "Go on painting" : "Paint or mask"}
          </button>
        )}
        {!isActive(session) && !looked && !compared && <OtherSize session={session} />}
        {session.group && (
          <button
            type="button"
            className="square"
            aria-label="Its grid"
            title="Back to its grid"
            onClick={() => session.group && openGrid(session.group.id)}
          >
            <Icon name="grid" />
          </button>
        )}
        {compared && (
          <button type="button" onClick={() => set({ compared: undefined })}>
            <Icon name="compare" /> Stop comparing
          </button>
        )}
        {hasPicture && (
          <DropdownMenu.Root modal={false}>
            <DropdownMenu.Trigger ref={trigger} className="end" title="Download or share">
              <Icon name="download" /> <span>Download</span>
            </DropdownMenu.Trigger>
            <DropdownMenu.Portal>
              <DropdownMenu.Content className="menu" align="end" sideOffset={6}>
                {(session.film?.done ?? 0) > 0 && <FilmDownloads session={session} />}
                <DropdownMenu.Item onSelect={() => void download(session, "picture")}>Picture (PNG)</DropdownMenu.Item>
                <DropdownMenu.Item onSelect={() => void download(session, "file")}>Session (.vqclip)</DropdownMenu.Item>
                <MoreDownloads session={session} />
                {service.give && (
                  <DropdownMenu.Item onSelect={() => sharing.current?.showModal()}>
                    A link for others…
                  </DropdownMenu.Item>
                )}
              </DropdownMenu.Content>
            </DropdownMenu.Portal>
          </DropdownMenu.Root>
        )}
      </div>
      {service.give && (
        <Share key={session.id} dialog={sharing} session={session} onClose={() => trigger.current?.focus()} />
      )}
    </>
  );
}

/** What a finished one is given more of. */
function moreOf({ film, settings }: Session, recommended: number): { readonly steps: number; readonly words: string } {
  const { every } = (settings.motion ?? {}) as { readonly every?: number };
  if (!film || every === undefined) return { steps: recommended, words: `${recommended} more steps` };
  const frames = Math.max(1, Math.round(2 * film.fps)); // two seconds
  return { steps: frames * every, words: `${frames} more frames` };
}
