/** What is written down of a session beside its `.vqclip`. */
import * as z from "zod";
import { stepsSoFar } from "../guidance/run-state.js";
import type { Settings } from "../guidance/settings.js";
import { goingOn, over, runStatuses } from "../sessions/run-status.js";
import type { SessionNode, SessionTree } from "../sessions/session-tree.js";
import { priorities } from "./priority.js";

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

const filmSchema = z.object({
  /** Frames a second. */
  fps: z.number(),
  /** How many frames came to be styled; 0 for a video from words. */
  sources: z.int().min(0),
  /** Frames that are finished, of which each is a file: of all nodes, in the order in which they were made. */
  frames: z.array(z.object({ node, number: z.int().min(1) })),
});

export const recordSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  kind: z.enum(["create", "edit", "video", "style"]),
  /** What was asked for, with the seed that was drawn: until its first step, the session is made from it. */
  request: z.record(z.string(), z.unknown()),
  /** Whose it is, where keys are used. */
  owner: z.string().optional(),
  /** How urgent it is (default normal). */
  priority: z.enum(priorities).optional(),
  /** The key by which its request may be repeated, and what was asked then. */
  repeatable: z.object({ key: z.string(), sha256: z.string() }).optional(),
  status: z.enum(runStatuses),
  error: faultSchema.optional(),
  /** Why it rests, where nobody has paused it. */
  rests: z.string().optional(),
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
  /** Seconds that its steps have taken, and that they may take in all (default: as long as they like). */
  runSeconds: z.number().min(0).default(0),
  maxSeconds: z.number().optional(),
  losses: z.array(z.object({ node, step, total: z.number(), prompts: z.array(z.number()) })),
  nodes: z.array(nodeSchema),
  /** Pictures on the way, of which each is a file. */
  frames: z.array(z.object({ node, step })),
  /** Of a video, or of frames that are styled. */
  film: filmSchema.optional(),
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
}: Pick<
  SessionRecord,
  | "id"
  | "owner"
  | "priority"
  | "repeatable"
  | "kind"
  | "film"
  | "peakBytes"
  | "stepFlops"
  | "promptImages"
  | "maxSeconds"
> & {
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
    steps: allSteps(facts, settings),
    settings: { ...settings },
    notices: [],
    runSeconds: 0,
    losses: [],
    nodes: [],
    frames: [],
    createdAt: now,
    updatedAt: now,
  };
}

/** Steps in all: frames that are styled take all of them each. */
export function allSteps({ film }: Pick<SessionRecord, "film">, { steps }: Pick<Settings, "steps">): number {
  return steps * (film?.sources || 1);
}

/** Whether it is to go on as soon as it can. */
export const isUnfinished = ({ status }: Pick<SessionRecord, "status">): boolean => goingOn.includes(status);
/** Whether nothing more is to become of it, unless somebody asks. */
export const isOver = ({ status }: Pick<SessionRecord, "status">): boolean => over.includes(status);

/** Seconds that the steps of a session have taken, and that they may; without a number, as long as they like. */
interface RunTime {
  readonly runSeconds: number;
  readonly maxSeconds?: number | null | undefined;
}

/** Whether it has run for as long as it may. */
export const isOutOfTime = ({ runSeconds, maxSeconds }: RunTime): boolean =>
  runSeconds >= (maxSeconds ?? Number.POSITIVE_INFINITY);

/** Why it rests, in words. */
export const outOfTime = ({ runSeconds, maxSeconds }: RunTime): string =>
  `it has run for ${Math.round(runSeconds)} s, of ${Math.round(maxSeconds ?? Number.POSITIVE_INFINITY)} that it may`;

/** @throws what JSON and zod do, when it is none */
export const parseRecord = (json: string): SessionRecord => recordSchema.parse(JSON.parse(json));

/** Steps are those in all, see `stepsSoFar`. */
export function nodeRecords({ nodes }: SessionTree): NodeRecord[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return nodes.map(({ id, origin, states }: SessionNode) => {
    const keptSteps = states.map(stepsSoFar);
    const { settings } = states.at(-1) as { settings: Settings };
    const parent = origin.kind === "start" ? undefined : byId.get(origin.node);
    const from = parent?.states.find(({ step }) => origin.kind !== "start" && step === origin.step);
    const kept = { step: keptSteps.at(-1) as number, keptSteps, settings: { ...settings } };
    const left = from ? stepsSoFar(from) : origin.kind === "start" ? 0 : origin.step;
    return { id, parent: parent?.id ?? null, kind: origin.kind, from: left, ...kept };
  });
}
