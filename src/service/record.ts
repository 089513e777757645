/** What is written down of a session beside its `.vqclip`, and what clients are told of it. */
import { z } from "zod";
import type { Settings } from "../guidance/settings.js";
import { parsePrompts } from "../prompts/prompt.js";
import { runStatuses } from "../sessions/run-status.js";
import type { SessionNode, SessionTree } from "../sessions/session-tree.js";

const step = z.int().min(0);
const node = z.int().min(1);

const faultSchema = z.object({ code: z.string(), title: z.string(), detail: z.string(), hint: z.string().optional() });
/** Why something failed, for people and programs. */
export type Fault = z.infer<typeof faultSchema>;

const recordSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  kind: z.enum(["create", "edit"]),
  /** What was asked for, with the seed that was drawn: until its first step, the session is made from it. */
  request: z.record(z.string(), z.unknown()),
  status: z.enum(runStatuses),
  error: faultSchema.optional(),
  /** The node that goes on. */
  node,
  step,
  steps: step,
  settings: z.record(z.string(), z.unknown()),
  notices: z.array(z.string()),
  peakBytes: z.number(),
  losses: z.array(z.object({ node, step, total: z.number(), prompts: z.array(z.number()) })),
  nodes: z.array(
    z.object({
      id: node,
      parent: node.nullable(),
      kind: z.enum(["start", "fork", "paint"]),
      /** Where it left its parent. */
      from: step,
      step,
      keptSteps: z.array(step),
      settings: z.record(z.string(), z.unknown()),
    }),
  ),
  /** Pictures on the way, of which each is a file. */
  frames: z.array(z.object({ node, step })),
  /** What the file of the finished picture shows. */
  picture: z.object({ node, step }).optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type SessionRecord = z.infer<typeof recordSchema>;
export type NodeRecord = SessionRecord["nodes"][number];

/** Of a session that waits for its first step. */
export function newRecord({
  settings,
  request,
  ...facts
}: Pick<SessionRecord, "id" | "kind" | "peakBytes"> & { request: object; settings: Settings }): SessionRecord {
  const now = new Date().toISOString();
  return {
    version: 1,
    ...facts,
    request: { ...request, seed: settings.seed },
    status: "queued",
    node: 1,
    step: 0,
    steps: settings.steps,
    settings: { ...settings },
    notices: [],
    losses: [],
    nodes: [],
    frames: [],
    createdAt: now,
    updatedAt: now,
  };
}

/** @throws what JSON and zod do, when it is none */
export const parseRecord = (json: string): SessionRecord => recordSchema.parse(JSON.parse(json));

export function nodeRecords({ nodes }: SessionTree): NodeRecord[] {
  return nodes.map(({ id, origin, states }: SessionNode) => {
    const keptSteps = states.map((state) => state.step);
    const { settings } = states.at(-1) as { settings: Settings };
    const [parent, from] = origin.kind === "start" ? [null, 0] : [origin.node, origin.step];
    const kept = { step: keptSteps.at(-1) as number, keptSteps, settings: { ...settings } };
    return { id, parent, kind: origin.kind, from, ...kept };
  });
}

/** What is told of a session in a list. */
export interface SessionSummary
  extends Pick<SessionRecord, "id" | "status" | "step" | "steps" | "createdAt" | "updatedAt"> {
  readonly title: string;
  /** 1 for the next in the queue; null when it does not wait. */
  readonly position: number | null;
  /** Steps a second, while it runs. */
  readonly rate: number | null;
  readonly etaSeconds: number | null;
  readonly error?: Fault;
  readonly preview: string | null;
}

/** All that is told of a session. */
export interface SessionView
  extends SessionSummary,
    Pick<SessionRecord, "kind" | "node" | "settings" | "notices" | "peakBytes"> {
  readonly losses: readonly { readonly step: number; readonly total: number; readonly prompts: readonly number[] }[];
  readonly nodes: readonly (NodeRecord & { readonly picture: string | null })[];
  readonly frames: readonly { readonly node: number; readonly step: number; readonly url: string }[];
  readonly hasPicture: boolean;
}

/** How fast a session goes, who waits before it, and where its pictures are. */
export interface Told {
  readonly position: number | null;
  readonly rate: number | null;
  readonly previewUrl: (frame: { readonly node: number; readonly step: number }) => string;
}

export function summaryOf(record: SessionRecord, { position, rate, previewUrl }: Told): SessionSummary {
  const { id, status, step, steps, createdAt, updatedAt, error, settings, frames } = record;
  const latest = frames.at(-1);
  return {
    id,
    title: titleOf(settings.prompts as string),
    status,
    ...(error && { error }),
    position,
    step,
    steps,
    rate,
    etaSeconds: rate === null ? null : Math.round(((steps - step) / rate) * 10) / 10,
    preview: latest ? previewUrl(latest) : null,
    createdAt,
    updatedAt,
  };
}

export function viewOf(record: SessionRecord, told: Told): SessionView {
  const { kind, node, settings, notices, peakBytes, frames } = record;
  const way = wayTo(record);
  const pictureOf = (of: number) => {
    const latest = frames.findLast((frame) => frame.node === of);
    return latest ? told.previewUrl(latest) : null;
  };
  return {
    ...summaryOf(record, told),
    kind,
    node,
    settings,
    notices,
    peakBytes,
    losses: record.losses
      .filter((loss) => loss.step <= (way.get(loss.node) ?? -1))
      .map(({ step, total, prompts }) => ({ step, total, prompts })),
    nodes: record.nodes.map((each) => ({ ...each, picture: pictureOf(each.id) })),
    frames: frames.map((frame) => ({ ...frame, url: told.previewUrl(frame) })),
    hasPicture: record.nodes.length > 0,
  };
}

/** The nodes on the way to the current one, each with the step up to which it counts. */
function wayTo({ nodes, node }: SessionRecord): Map<number, number> {
  const way = new Map<number, number>([[node, Number.POSITIVE_INFINITY]]);
  const byId = new Map(nodes.map((each) => [each.id, each]));
  for (let at = byId.get(node); at && at.parent !== null; at = byId.get(at.parent)) way.set(at.parent, at.from);
  return way;
}

/** The texts of the prompts, short. */
function titleOf(prompts: string): string {
  const texts = prompts === "" ? [] : parsePrompts(prompts).map(({ text }) => text);
  const title = texts.join(", ");
  return title.length > 80 ? `${title.slice(0, 79)}…` : title;
}
