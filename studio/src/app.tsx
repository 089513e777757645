/** The page's three parts: what to see, the picture, what was made. */
import type { ReactNode } from "react";
import { Made } from "./history/made.js";
import { Making } from "./settings/making.js";
import { DropZone } from "./shell/drop-zone.js";
import { Header } from "./shell/header.js";
import { LiveRegion } from "./shell/live-region.js";
import { Problems } from "./shell/problems.js";
import { ToastLine } from "./shell/toast-line.js";
import { Stage } from "./stage/stage.js";

export interface AppProps {
  /** What there is to say before the page can work. */
  readonly loading?: ReactNode;
  /** Where pictures are made, where that is to choose. */
  readonly engine?: ReactNode;
}

export function App({ loading, engine }: AppProps) {
  return (
    <DropZone>
      <button type="button" className="skip" onClick={() => document.getElementById("stage")?.focus()}>
        Skip to the picture
      </button>
      <Header />
      <Problems />
      {loading}
      <div className="parts">
        <Making>{engine}</Making>
        <Stage />
        <Made />
      </div>
      <ToastLine />
      <LiveRegion />
    </DropZone>
  );
}
