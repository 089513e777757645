/** A session as a message: a line on where it stands, and the buttons that make sense there. */
import { escapedLine, oneLine } from "../core/escape.js";
import type { SessionView } from "../service/views.js";
import { NO_MENTIONS } from "./interaction.js";

export const actions = ["pause", "resume", "vary", "evolve", "stop"] as const;
export type Action = (typeof actions)[number];

/** What a button is for. Discord signs what it sends back, so that it need not be remembered. */
export interface Button {
  readonly action: Action;
  readonly session: string;
  /** Whose it is: nobody else may press it. */
  readonly owner: string;
}

const labels: Readonly<Record<Action, string>> = {
  pause: "Pause",
  resume: "Resume",
  vary: "Vary",
  evolve: "Evolve",
  stop: "Stop",
};
const goingOn = ["queued", "loading", "running"];
const possible: Readonly<Record<Action, (status: string) => boolean>> = {
  pause: (status) => goingOn.includes(status),
  resume: (status) => status === "paused" || status === "failed",
  vary: () => true,
  evolve: (status) => !["queued", "loading", "failed"].includes(status),
  stop: (status) => goingOn.includes(status) || status === "paused",
};

/** Discord's numbers. */
const [ROW, BUTTON, TEXT_INPUT] = [1, 2, 4];
const [GREY, RED, PARAGRAPH] = [2, 4, 2];
const SHOWN_PROMPT = 300;

export type Standing = Pick<
  SessionView,
  "id" | "status" | "position" | "step" | "steps" | "etaSeconds" | "error" | "settings" | "nodes"
>;

export const isGoingOn = ({ status }: Pick<SessionView, "status">): boolean => goingOn.includes(status);

/** @param more a line behind it */
export function messageOf(view: Standing, owner: string, more?: string): object {
  const { prompts, seed } = view.settings as { prompts: string; seed: number | string };
  const lines = [`${quoted(prompts)} (seed ${seed})`, standingOf(view), ...(more === undefined ? [] : [more])];
  const buttons = actions.map((action) => ({
    type: BUTTON,
    style: action === "stop" ? RED : GREY,
    label: labels[action],
    custom_id: customId({ action, session: view.id, owner }),
    disabled: !possible[action](view.status),
  }));
  return {
    content: lines.join("\n"),
    components: [{ type: ROW, components: buttons }],
    allowed_mentions: NO_MENTIONS,
  };
}

/** A line in the place of everything. */
export const lineMessage = (text: string): object => ({
  content: text,
  components: [],
  allowed_mentions: NO_MENTIONS,
});

/** Somebody's words as code, where nothing is a mention, a link or a format. */
export function quoted(text: string): string {
  const line = escapedLine(oneLine(text)).replaceAll("`", "'");
  return `\`${line.length > SHOWN_PROMPT ? `${line.slice(0, SHOWN_PROMPT - 1)}…` : line}\``;
}

function standingOf({ status, position, step, steps, etaSeconds, error }: Standing): string {
  if (status === "queued") return position === null ? "waiting" : `waiting: number ${position} in the queue`;
  if (status === "failed") return `failed at step ${step}: ${quoted(error?.detail ?? "no reason was given")}`;
  const eta = etaSeconds === null ? "" : `, about ${Math.max(1, Math.round(etaSeconds))} s left`;
  return `${status}: step ${step} of ${steps}${status === "running" ? eta : ""}`;
}

/** The form by which somebody says other words for a picture to go on with. */
export function evolveForm(button: Button, prompts: string): object {
  const input = {
    type: TEXT_INPUT,
    custom_id: "prompts",
    label: "Go on from this picture, with these words",
    style: PARAGRAPH,
    min_length: 1,
    max_length: 1000,
    required: true,
    value: prompts.slice(0, 1000),
  };
  return { custom_id: customId(button), title: "Evolve", components: [{ type: ROW, components: [input] }] };
}

const customId = ({ action, session, owner }: Button): string => `1:${action}:${session}:${owner}`;

/** Undefined when it is none of ours. */
export function buttonFrom(id: string): Button | undefined {
  const [, action, session, owner] = /^1:([a-z]+):([\da-z-]{1,64}):(\d{1,20})$/i.exec(id) ?? [];
  if (session === undefined || owner === undefined) return undefined;
  return actions.includes(action as Action) ? { action: action as Action, session, owner } : undefined;
}
