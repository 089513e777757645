/** What clients are told of a session: in a list, and whole. */
import * as z from "zod";
import { parsePrompts } from "../prompts/prompt.js";
import { framesOn, frameTotal } from "./film.js";
import type { SessionStore } from "./platform.js";
import { priorities } from "./priority.js";
import { faultSchema, nodeSchema, recordSchema, type SessionRecord } from "./record.js";
import { groupSchema } from "./requests.js";

const { shape } = recordSchema;
const address = z.string().describe("an address of this server");

/** What is told of a session in a list. */
export const summarySchema = z.object({
  id: shape.id,
  title: z.string().describe("the texts of its prompts, short"),
  status: shape.status,
  error: faultSchema.optional(),
  position: z.int().min(1).nullable().describe("1 for the next in the queue; null when it does not wait"),
  priority: z.enum(priorities).describe("how urgent it is"),
  waitSeconds: z.number().nullable().describe("until its turn, where it waits and that is known"),
  step: shape.step,
  steps: shape.steps,
  rate: z.number().nullable().describe("steps a second, while it runs"),
  etaSeconds: z.number().nullable().describe("until its last step, while it runs"),
  preview: address.nullable(),
  group: groupSchema.nullable().describe("with which others it is looked at"),
  film: z
    .object({
      frames: z.int().describe("how many it shall have"),
      done: z.int().describe("how many are finished, on the way to where it stands"),
      fps: z.number().describe("frames a second"),
    })
    .nullable()
    .describe("of a video, or of frames that are styled"),
  createdAt: shape.createdAt,
  updatedAt: shape.updatedAt,
});
export type SessionSummary = z.infer<typeof summarySchema>;

/** What was deleted and can come back. */
export const binSchema = z.object({
  sessions: z.array(summarySchema.pick({ id: true, title: true, step: true, steps: true, createdAt: true })),
  bytes: z.number().min(0).describe("of all their files"),
});
export type BinView = z.infer<typeof binSchema>;

/** All that is told of a session. */
export const viewSchema = summarySchema.extend({
  kind: shape.kind,
  node: shape.node.describe("the node that goes on"),
  settings: shape.settings,
  notices: shape.notices,
  peakBytes: shape.peakBytes,
  runSeconds: z.number().min(0).describe("that its steps have taken"),
  maxSeconds: z.number().nullable().describe("that they may take in all; null: as long as they like"),
  rests: z.string().nullable().describe("why it rests, where nobody has paused it"),
  losses: z
    .array(z.object({ step: shape.step, total: z.number(), prompts: z.array(z.number()) }))
    .describe("on the way to where it stands"),
  nodes: z.array(nodeSchema.extend({ picture: address.nullable() })),
  frames: z.array(z.object({ node: shape.node, step: shape.step, url: address })),
  hasPicture: z.boolean(),
  promptImages: z.array(address).describe("the pictures it is to be near"),
  lastEventId: z.int().describe("of its last event when this was told: what has a greater id is newer"),
});
export type SessionView = z.infer<typeof viewSchema>;

/** How fast a session goes, and who waits before it. */
export type Progress = Pick<SessionSummary, "position" | "waitSeconds" | "rate">;

type Addresses = Pick<SessionStore, "previewUrl" | "promptImageUrl">;

export function summaryOf(
  record: SessionRecord,
  { position, waitSeconds, rate }: Progress,
  addresses: Addresses,
): SessionSummary {
  const {
    id,
    status,
    step,
    steps,
    createdAt,
    updatedAt,
    error,
    settings,
    frames,
    request,
    priority = "normal",
  } = record;
  const latest = frames.at(-1);
  return {
    id,
    title: titleOf(settings.prompts as string),
    status,
    ...(error && { error }),
    position,
    priority,
    waitSeconds,
    step,
    steps,
    rate,
    etaSeconds: rate === null ? null : Math.round(((steps - step) / rate) * 10) / 10,
    preview: latest ? addresses.previewUrl(id, latest.node, latest.step) : null,
    group: (request.group as SessionSummary["group"] | undefined) ?? null,
    film: filmOf(record),
    createdAt,
    updatedAt,
  };
}

/** @param lastEventId of its events, the one that came last */
export function viewOf(
  record: SessionRecord,
  progress: Progress,
  addresses: Addresses,
  lastEventId: number,
): SessionView {
  const { id, kind, node, settings, notices, peakBytes, runSeconds, frames, promptImages } = record;
  const { maxSeconds = null, rests = null } = record;
  const way = wayTo(record);
  const pictureOf = (of: number) => {
    const latest = frames.findLast((frame) => frame.node === of);
    return latest ? addresses.previewUrl(id, latest.node, latest.step) : null;
  };
  return {
    ...summaryOf(record, progress, addresses),
    kind,
    node,
    settings,
    notices,
    peakBytes,
    runSeconds,
    maxSeconds,
    rests,
    losses: record.losses
      .filter((loss) => loss.step <= (way.get(loss.node) ?? -1))
      .map(({ step, total, prompts }) => ({ step, total, prompts })),
    nodes: record.nodes.map((each) => ({ ...each, picture: pictureOf(each.id) })),
    frames: frames.map((frame) => ({ ...frame, url: addresses.previewUrl(id, frame.node, frame.step) })),
    hasPicture: record.nodes.length > 0,
    promptImages: Array.from({ length: promptImages }, (_, i) => addresses.promptImageUrl(id, i + 1)),
    lastEventId,
  };
}

function filmOf(record: SessionRecord): SessionSummary["film"] {
  const { film } = record;
  if (!film) return null;
  return { frames: frameTotal(record), done: framesOn(record, wayTo(record)).length, fps: film.fps };
}

/** The nodes on the way to the current one, each with the step up to which it counts. */
export function wayTo({ nodes, node }: SessionRecord): Map<number, number> {
  const way = new Map<number, number>([[node, Number.POSITIVE_INFINITY]]);
  const byId = new Map(nodes.map((each) => [each.id, each]));
  for (let at = byId.get(node); at && at.parent !== null; at = byId.get(at.parent)) way.set(at.parent, at.from);
  return way;
}

/** What is told of a session in the bin. */
export function binnedOf({ id, settings, step, steps, createdAt }: SessionRecord): BinView["sessions"][number] {
  return { id, title: titleOf(settings.prompts as string), step, steps, createdAt };
}

/** The texts of the prompts, short. */
function titleOf(prompts: string): string {
  const texts = prompts === "" ? [] : parsePrompts(prompts).map(({ text }) => text);
  const title = texts.join(", ");
  return title.length > 80 ? `${title.slice(0, 79)}…` : title;
}
