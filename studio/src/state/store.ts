/** What the page knows and shows: one store, changed only by the functions of `actions.ts` and `follow.ts`. */
import { create } from "zustand";
import type { Frame, Info, Plan, Problem, Session, Summary } from "../api/types.js";
import type { Strokes } from "../paint/strokes.js";
import { type Draft, emptyDraft } from "./draft.js";

export interface Toast {
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

export interface Studio {
  readonly info: Info | undefined;
  readonly sessions: readonly Summary[];
  /** The session on the stage. */
  readonly session: Session | undefined;
  /** Which session is wanted on the stage, from the address. */
  readonly wanted: string | undefined;
  /** Which grid is wanted there instead. */
  readonly grid: string | undefined;
  readonly link: "opening" | "open" | "lost";
  readonly draft: Draft;
  /** A kept picture that is looked at; undefined for the newest one. */
  readonly looked: Frame | undefined;
  /** The picture that the one on the stage is compared with. */
  readonly compared: Frame | undefined;
  readonly painting: boolean;
  /** What is painted and not yet gone on from, by session: leaving the painting keeps it. */
  readonly painted: Readonly<Record<string, Strokes>>;
  /** A picture that is to be placed on the painting. */
  readonly dropped: File | undefined;
  /** What is being asked of the service, for the buttons' sake. */
  readonly busy: string | undefined;
  /** What the form would need, where that is known. */
  readonly plan: Plan | undefined;
  /** Why the form could not be made a picture of. */
  readonly refusal: Problem | undefined;
  readonly problem: Problem | undefined;
  readonly toast: Toast | undefined;
  /** Where changes of prompts stand while a run goes on. */
  readonly promptsSent: "same" | "typing" | "sent";
}

export const useStudio = create<Studio>(() => ({
  info: undefined,
  sessions: [],
  session: undefined,
  wanted: undefined,
  grid: undefined,
  link: "opening",
  draft: emptyDraft,
  looked: undefined,
  compared: undefined,
  painting: false,
  painted: {},
  dropped: undefined,
  busy: undefined,
  plan: undefined,
  refusal: undefined,
  problem: undefined,
  toast: undefined,
  promptsSent: "same",
}));

export const set = useStudio.setState;
export const get = useStudio.getState;

export const isActive = ({ status }: Summary) => status === "queued" || status === "loading" || status === "running";
