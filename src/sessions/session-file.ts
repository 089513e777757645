/**
 * `.vqclip`: a session saved as a ZIP that others can read without us: manifest.json, the arrays of each node and of each
 * kept step as safetensors, image.png. Entries are in fixed order with a fixed date, so equal sessions give equal bytes.
 */
import { strToU8, type Zippable, zipSync } from "fflate";
import * as z from "zod";
import { requires, VqganClipError } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { RANDOM_NAME } from "../core/random.js";
import { inWords } from "../core/schema-words.js";
import { sameShape } from "../core/shape.js";
import { shown } from "../core/shown.js";
import { beginnings, type RunState } from "../guidance/run-state.js";
import { firstOptimizer } from "../guidance/search.js";
import { checkSettings, type Settings } from "../guidance/settings.js";
import type { EditSource } from "../masks/edit.js";
import { checkMask } from "../masks/mask.js";
import { writeSafetensors } from "../weights/safetensors.js";
import { beforeSchema, forkFacts, paintFacts } from "./metadata.js";
import { identitySchema, type ModelIdentity } from "./model-identity.js";
import { runStatuses } from "./run-status.js";
import { type Arrays, arraysOf, type Entries, jsonOf, unzip } from "./session-archive.js";
import { type NodeOrigin, nodeOf, type SessionNode, type SessionTree, tipOf } from "./session-tree.js";

const FORMAT = "vqclip";
const VERSION = 4;
/** ZIP dates begin in 1980; files carry no clock. */
const FIXED_DATE = new Date(1980, 0, 1);

export interface SessionFile {
  readonly tree: SessionTree;
  readonly models: readonly ModelIdentity[];
}

const id = z.int().min(1);
const step = z.int().min(0);
const branch = { node: id, step };

const stateSchema = z.object({
  step,
  optimizerStep: z.int().min(0),
  /** How many latents the running average holds; its sum is with the state's arrays. */
  averageCount: z.int().min(1).optional(),
  watch: z.object({ smoothed: z.number(), lowest: z.number(), since: z.int().min(0) }).optional(),
  /** Its latent is with the state's arrays. */
  best: z.object({ step: z.int().min(0), score: z.number() }).optional(),
});

const nodeSchema = z.object({
  id,
  origin: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("start") }),
    z.object({ kind: z.literal("fork"), ...branch, ...forkFacts }),
    z.object({ kind: z.literal("paint"), ...branch, ...paintFacts }),
  ]),
  status: z.enum(runStatuses),
  beganFrom: z.enum(beginnings),
  /** Of the picture or the codes that it began at. */
  initSha256: z.string().optional(),
  before: beforeSchema.optional(),
  changed: z.boolean(),
  /** An edit's source; its pixels and mask are with the node's arrays. */
  source: z.object({ sha256: z.string() }).optional(),
  /** What each target's numbers were made from; they are with the node's arrays. */
  targets: z.array(z.object({ sha256: z.string().optional() })),
  settings: z.unknown(),
  /** Kept steps, rising; the last is where the node stands. */
  states: z.array(stateSchema).min(1).refine(isRising, "expected rising steps"),
});

function isRising(states: readonly { readonly step: number }[]): boolean {
  return states.every(({ step }, i) => i === 0 || step > (states[i - 1] as { step: number }).step);
}

const headSchema = z.object({ format: z.literal(FORMAT), version: z.int() });

const manifestSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  models: z.array(identitySchema),
  random: z.literal(RANDOM_NAME),
  keepEvery: z.int().min(0),
  current: id,
  nodes: z.array(nodeSchema).min(1).max(10_000),
});
type StateFacts = z.infer<typeof stateSchema>;
type NodeFacts = z.infer<typeof nodeSchema>;

const nodeEntry = (node: number) => `node-${node}.safetensors`;
const stateEntry = (node: number, at: number) => `node-${node}-step-${at}.safetensors`;

/** @param png the picture so far, for people and file browsers */
export function writeSession({ tree, models }: SessionFile, png?: Uint8Array): Uint8Array {
  const manifest = {
    format: FORMAT,
    version: VERSION,
    models: [...models],
    random: RANDOM_NAME,
    keepEvery: tree.keepEvery,
    current: tree.current,
    nodes: tree.nodes.map(factsOf),
  } satisfies z.input<typeof manifestSchema>;
  const files: Zippable = { "manifest.json": strToU8(`${JSON.stringify(manifest, null, 2)}\n`) };
  for (const node of tree.nodes) {
    const own = nodeArrays(node);
    const { origin } = node;
    const inherited = origin.kind === "start" ? {} : nodeArrays(nodeOf(tree, origin.node));
    const fresh = Object.entries(own).filter(([name, array]) => !isSame(array, inherited[name]));
    files[nodeEntry(node.id)] = [writeSafetensors(Object.fromEntries(fresh)), { level: 0 }];
    for (const state of node.states) {
      files[stateEntry(node.id, state.step)] = [writeSafetensors(stateArrays(state, tipOf(node))), { level: 0 }];
    }
  }
  if (png) files["image.png"] = [png, { level: 0 }];
  return zipSync(files, { mtime: FIXED_DATE, level: 6 });
}

function factsOf({ id, origin, status, states }: SessionNode): z.input<typeof nodeSchema> {
  const { settings, beganFrom, initSha256, before, changed, source, targets } = states.at(-1) as RunState;
  return {
    id,
    origin,
    status,
    beganFrom,
    ...(initSha256 !== undefined && { initSha256 }),
    ...(before && { before }),
    changed,
    ...(source && { source: { sha256: source.sha256 } }),
    targets: targets.map(({ sha256 }) => (sha256 === undefined ? {} : { sha256 })),
    settings,
    states: states.map(({ step, optimizer, average, watch, best }) => ({
      step,
      optimizerStep: optimizer.step,
      ...(average && { averageCount: average.count }),
      ...(watch && { watch }),
      ...(best && { best: { step: best.step, score: best.score } }),
    })),
  };
}

/** What is the same in most states of a node; a node's file has those that differ from its parent's. */
function nodeArrays(node: SessionNode): Arrays {
  const { latentTarget, source, targets } = tipOf(node);
  return {
    latentTarget,
    ...(node.painted && { painted: node.painted }),
    ...(source && { source: source.picture }),
    ...(source?.mask && { mask: source.mask }),
    ...Object.fromEntries(targets.map(({ numbers }, i) => [`target.${i}`, numbers])),
  };
}

/** All names that `nodeArrays` gives: what nodes inherit from each other does not grow without end. */
const NODE_ARRAY = /^(latentTarget|painted|source|mask|target\.\d{1,2})$/;

async function nodeArraysOf(entries: Entries, node: number): Promise<Arrays> {
  const arrays = await arraysOf(entries, nodeEntry(node));
  const stray = Object.keys(arrays).find((name) => !NODE_ARRAY.test(name));
  requires(stray === undefined, "BAD_FILE", () => `session: ${nodeEntry(node)}: there is no array ${shown(stray)}`);
  return arrays;
}

function stateArrays(state: RunState, tip: RunState): Arrays {
  const { z: latent, latentTarget, optimizer, average, best, former } = state;
  const moments = Object.entries(optimizer.arrays).map(([name, array]) => [`optimizer.${name}`, array]);
  const others = {
    ...(average && { average: average.biased }),
    ...(best && { "best.z": best.z }),
    ...(former && { former }),
  };
  const target = !isSame(latentTarget, tip.latentTarget) && { latentTarget }; // it moves when an average restarts
  return { z: latent, ...target, ...others, ...Object.fromEntries(moments) };
}

function isSame(array: NDArray, other: NDArray | undefined): boolean {
  if (array === other) return true;
  if (!other || array.dtype !== other.dtype || array.shape.join() !== other.shape.join()) return false;
  const [bytes, others] = [array.bytes, other.bytes];
  return bytes.every((byte, i) => byte === others[i]);
}

/** @throws BAD_FILE when the bytes are no session, are damaged, or come from another version; OUT_OF_LIMITS */
export async function readSession(bytes: Uint8Array): Promise<SessionFile> {
  const entries = await unzip(bytes);
  const json = jsonOf(entries, "manifest.json");
  checkVersion(headSchema.safeParse(json).data?.version ?? VERSION);
  const manifest = manifestSchema.safeParse(json, { error: inWords });
  if (!manifest.success) {
    const issue = manifest.error.issues[0];
    throw new VqganClipError("BAD_FILE", `session: manifest.json: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  const { models, keepEvery, current, nodes: facts } = manifest.data;
  const nodes: SessionNode[] = [];
  const constants = new Map<number, Arrays>();
  for (const node of facts) {
    const { origin } = node;
    const inherited = origin.kind === "start" ? {} : constants.get(origin.node);
    requires(
      inherited && !constants.has(node.id),
      "BAD_FILE",
      () => `session: manifest.json: node ${node.id} has no parent before it, or is there twice`,
    );
    const own = { ...inherited, ...(await nodeArraysOf(entries, node.id)) };
    constants.set(node.id, own);
    nodes.push(await nodeFrom(node, own, entries));
  }
  requires(constants.has(current), "BAD_FILE", () => `session: manifest.json: there is no node ${current}`);
  return { tree: { nodes, current, keepEvery }, models };
}

function checkVersion(version: number): void {
  requires(
    version === VERSION,
    "BAD_FILE",
    () => `session: its format is ${version}, this version reads ${VERSION}`,
    version > VERSION
      ? "update vqgan-clip"
      : "resume it with the version that wrote it, or unzip it and begin at its image.png with --init-image",
  );
}

async function nodeFrom(facts: NodeFacts, own: Arrays, entries: Entries): Promise<SessionNode> {
  const { id, status, beganFrom, initSha256, before, changed, source } = facts;
  const settings = checkSettings(facts.settings);
  const init = { ...(initSha256 !== undefined && { initSha256 }), ...(before && { before }) };
  const edited = source && { source: sourceOf(source.sha256, own.source, own.mask) };
  requires(
    facts.targets.length === settings.targets.length,
    "BAD_FILE",
    () => "session: manifest.json: targets and settings disagree",
  );
  const targets = facts.targets.map(({ sha256 }, i) => {
    const numbers = own[`target.${i}`];
    requires(numbers, "BAD_FILE", () => `session: ${nodeEntry(id)} lacks target.${i}`);
    return { numbers, ...(sha256 !== undefined && { sha256 }) };
  });
  const { latentTarget } = own;
  requires(latentTarget, "BAD_FILE", () => `session: ${nodeEntry(id)} lacks latentTarget`);
  const states: RunState[] = [];
  for (const state of facts.states) {
    const arrays = await arraysOf(entries, stateEntry(id, state.step));
    const changing = changingOf(state, arrays, settings);
    const target = arrays.latentTarget ?? latentTarget;
    states.push({ settings, beganFrom, ...init, changed, ...edited, targets, latentTarget: target, ...changing });
  }
  const painted = own.painted && { painted: positionsLike(own.painted, tipOf({ states }).z) };
  return { id, origin: facts.origin as NodeOrigin, status, states, ...painted };
}

function positionsLike(painted: NDArray, { shape }: NDArray): NDArray {
  requires(
    painted.dtype === "uint8" && sameShape(painted.shape, shape.slice(2)),
    "BAD_FILE",
    () => `session: painted is ${painted}, expected uint8[${shape.slice(2)}]`,
  );
  return painted;
}

/** What differs between the states of a node. */
function changingOf(facts: StateFacts, arrays: Arrays, settings: Settings) {
  const { step, optimizerStep, averageCount, watch, best } = facts;
  const { z: latent } = arrays;
  requires(latent, "BAD_FILE", () => "session: a state lacks z");
  const moments: Record<string, NDArray> = {};
  for (const name of Object.keys(firstOptimizer(settings, 0).arrays)) {
    const array = arrays[`optimizer.${name}`];
    requires(array?.size === latent.size, "BAD_FILE", () => `session: optimizer.${name} is missing or of another size`);
    moments[name] = array;
  }
  requires(
    (averageCount !== undefined) === settings.average > 0,
    "BAD_FILE",
    () => "session: manifest.json: averageCount and settings disagree",
  );
  return {
    step,
    z: latent,
    optimizer: { step: optimizerStep, arrays: moments },
    ...(averageCount !== undefined && {
      average: { biased: likeLatent("average", arrays.average, latent), count: averageCount },
    }),
    ...(watch && { watch }),
    ...(best && { best: { ...best, z: likeLatent("best.z", arrays["best.z"], latent) } }),
    ...(arrays.former && { former: likeLatent("former", arrays.former, latent) }),
  };
}

function likeLatent(name: string, array: NDArray | undefined, { shape }: NDArray): NDArray {
  requires(
    array?.dtype === "float32" && sameShape(array.shape, shape),
    "BAD_FILE",
    () => `session: ${name} is missing or of another size`,
  );
  return array;
}

function sourceOf(sha256: string, picture: NDArray | undefined, mask: NDArray | undefined): EditSource {
  requires(
    picture?.dtype === "uint8" && picture.shape.length === 3 && picture.shape[0] === 3,
    "BAD_FILE",
    () => "session: a node lacks the source of its edit",
  );
  if (!mask) return { picture, sha256 };
  const [, height, width] = picture.shape as [number, number, number];
  requires(mask.dtype === "uint8" && mask.shape.length === 2, "BAD_FILE", () => `session: mask is ${mask}`);
  checkMask(mask, [height, width]);
  return { picture, sha256, mask };
}
