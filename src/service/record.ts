/** What is written down of a session beside its `.vqclip`. */
import { z } from "zod";
import type { Settings } from "../guidance/settings.js";
import { runStatuses } from "../sessions/run-status.js";
import type { SessionNode, SessionTree } from "../sessions/session-tree.js";

const step = z.int().min(0);
const node = z.int().min(1);

export const faultSchema = z.object({
  code: z.string(),
  title: z.string(),
  detail: z.string(),
  hint: z.string().optional(),
});
/** Why something failed, for people and programs. */
export type Fault = z.infer<typeof faultSchema>;

export const nodeSchema = z.object({
  id: node,
  parent: node.nullable(),
  kind: z.enum(["start", "fork", "paint"]),
  from: step.describe("where it left its parent"),
  step,
  keptSteps: z.array(step).describe("where it can be forked"),
  settings: z.record(z.string(), z.unknown()),
});
export type NodeRecord = z.infer<typeof nodeSchema>;

export const recordSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  kind: z.enum(["create", "edit"]),
  /** What was asked for, with the seed that was drawn: until its first step, the session is made from it. */
  request: z.record(z.string(), z.unknown()),
  /** Whose it is, where keys are used. */
  owner: z.string().optional(),
  /** The key by which its request may be repeated, and what was asked then. */
  repeatable: z.object({ key: z.string(), sha256: z.string() }).optional(),
  status: z.enum(runStatuses),
  error: faultSchema.optional(),
  /** The node that goes on. */
  node,
  step,
  steps: step,
  settings: z.record(z.string(), z.unknown()),
  notices: z.array(z.string()),
  peakBytes: z.number(),
  /** How many pictures it is to be near, beside its texts. */
  promptImages: z.int().min(0).default(0),
  /** Arithmetic of one of its steps, and the seconds that one takes, as far as they are known: what is expected comes from them. */
  stepFlops: z.number().optional(),
  stepSeconds: z.number().optional(),
  losses: z.array(z.object({ node, step, total: z.number(), prompts: z.array(z.number()) })),
  nodes: z.array(nodeSchema),
  /** Pictures on the way, of which each is a file. */
  frames: z.array(z.object({ node, step })),
  /** What the file of the finished picture shows. */
  picture: z.object({ node, step }).optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type SessionRecord = z.infer<typeof recordSchema>;

/** Of a session that waits for its first step. */
export function newRecord({
  settings,
  request,
  ...facts
}: Pick<SessionRecord, "id" | "owner" | "repeatable" | "kind" | "peakBytes" | "stepFlops" | "promptImages"> & {
  request: object;
  settings: Settings;
}): SessionRecord {
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

/** Whether it is to go on as soon as it can. */
export const isUnfinished = ({ status }: Pick<SessionRecord, "status">): boolean =>
  ["queued", "loading", "running"].includes(status);

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
