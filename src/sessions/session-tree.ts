/**
 * The tree of a session: a run, and the runs that branched off at one of its steps, by other settings or by hand. It is
 * plain data; every function gives a new tree.
 */
import { requires } from "../core/errors.js";
import { type NamesOf, requireKnown } from "../core/known-names.js";
import type { NDArray } from "../core/ndarray.js";
import type { RunState } from "../guidance/run-state.js";
import { checkSettings, type Settings } from "../guidance/settings.js";
import { dependsOnSteps } from "../optim/schedule.js";
import { changesWithLength } from "../prompts/story.js";
import { type OptimizerPolicy, optimizerUnder } from "./paint.js";
import type { RunStatus } from "./run-status.js";

/** How a node began. `node` and `step` say where in its parent. */
export type NodeOrigin = { readonly kind: "start" } | ({ readonly node: number } & Branch);

/** How a run left its way at a step. */
export type Branch = { readonly step: number } & (Fork | Paint);

/** The same latent, other settings, and perhaps another state of the optimiser. */
interface Fork {
  readonly kind: "fork";
  readonly optimizer?: OptimizerPolicy;
}

/** The picture was painted over by hand. */
interface Paint {
  readonly kind: "paint";
  /** Of the painted picture. */
  readonly sha256: string;
  readonly optimizer: OptimizerPolicy;
  /** The mask that said where, packed (`packMask`); without one, it was where the pictures differ. */
  readonly mask?: string;
}

/** A run, or a branch of one. */
export interface SessionNode {
  /** 1 for the first. */
  readonly id: number;
  readonly origin: NodeOrigin;
  /** Where it stood when this was written. */
  readonly status: RunStatus;
  /** Kept states by rising step; the last is where it stands. */
  readonly states: readonly RunState[];
  /** Where the picture was last painted on the way here: uint8 [h,w], 1 for each painted position of the latent. */
  readonly painted?: NDArray;
}

/** A run and all that branched off it. */
export interface SessionTree {
  /** At least one; parents come before children. */
  readonly nodes: readonly SessionNode[];
  /** The node that goes on. */
  readonly current: number;
  /** Every so many steps a state is kept, to fork from; 0: none. */
  readonly keepEvery: number;
}

/** What may change on the way. */
export interface SessionChanges
  extends Partial<Pick<Settings, "steps" | "prompts" | "generatorPrompt" | "learningRate" | "seed">> {
  /** Fields left out stay. */
  readonly plateau?: Partial<Settings["plateau"]>;
}

const changeNames: NamesOf<SessionChanges> = {
  steps: true,
  prompts: true,
  generatorPrompt: true,
  learningRate: true,
  seed: true,
  plateau: true,
};

/** @param where the function that was asked for them @throws BAD_ARGUMENT on anything else */
export function checkChanges(where: string, changes: SessionChanges): void {
  requireKnown(where, changes, changeNames);
}

/** What of a picture's story is told of the tree: where it branched on the way to it, and the settings up to there. */
export type Lineage = readonly (Branch & { readonly settings: Settings })[];

export function plantTree(state: RunState, keepEvery: number): SessionTree {
  return { nodes: [{ id: 1, origin: { kind: "start" }, status: "queued", states: [state] }], current: 1, keepEvery };
}

/** @throws BAD_ARGUMENT naming the nodes there are */
export function nodeOf({ nodes }: SessionTree, id: number): SessionNode {
  const node = nodes.find((candidate) => candidate.id === id);
  requires(
    node,
    "BAD_ARGUMENT",
    () => `session: it has no node ${id}`,
    `it has ${nodes.map((candidate) => candidate.id).join(", ")}`,
  );
  return node;
}

export function currentNode(tree: SessionTree): SessionNode {
  return nodeOf(tree, tree.current);
}

/** Where a node stands. */
export function tipOf({ states }: Pick<SessionNode, "states">): RunState {
  return states.at(-1) as RunState;
}

/** Where the node that goes on stands. */
export function currentState(tree: SessionTree): RunState {
  return tipOf(currentNode(tree));
}

/**
 * Where the picture was last painted on the way to the current node, see `SessionNode`.
 *
 * @throws BAD_ARGUMENT when it was not, or when an older version saved the session, which did not write it down
 */
function paintedWhere(tree: SessionTree): NDArray {
  const { painted } = currentNode(tree);
  const isForgotten = lineageOf(tree).some(({ kind }) => kind === "paint");
  requires(
    painted,
    "BAD_ARGUMENT",
    () =>
      `resume(): reset-in-mask, but ${isForgotten ? "the session, of an older version, does not say where it was painted" : "nothing was painted"}`,
    `${isForgotten ? "paint it again" : "paint it first"} (--image, edit()), or reset all of the optimiser`,
  );
  return painted;
}

/** The tree with another node going on. @throws BAD_ARGUMENT */
export function switchedTo(tree: SessionTree, id: number): SessionTree {
  return { ...tree, current: nodeOf(tree, id).id };
}

/** The tree after a step of its current node; where that stood before is kept when `keepEvery` says so. */
export function advanced(tree: SessionTree, state: RunState): SessionTree {
  const { keepEvery } = tree;
  return withNode(tree, (node) => {
    const { step } = tipOf(node);
    const isKept = keepEvery > 0 && step > 0 && step % keepEvery === 0 && step < state.step;
    return { ...node, states: [...node.states.slice(0, isKept ? undefined : -1), state] };
  });
}

/** The tree with the current node's status. */
export function withStatus(tree: SessionTree, status: RunStatus): SessionTree {
  return withNode(tree, (node) => ({ ...node, status }));
}

/**
 * A new node that goes on from `state`, a descendant of the current one's.
 *
 * @param painted where it was painted, see `SessionNode` (default: where the current node was)
 */
export function branched(
  tree: SessionTree,
  origin: NodeOrigin,
  state: RunState,
  painted: NDArray | undefined = currentNode(tree).painted,
): SessionTree {
  const id = Math.max(...tree.nodes.map((node) => node.id)) + 1;
  const node: SessionNode = { id, origin, status: "queued", states: [state], ...(painted && { painted }) };
  return { ...tree, nodes: [...tree.nodes, node], current: id };
}

/**
 * Where a fork of the current node begins: its state at a kept step, with other settings.
 *
 * @param at a kept step (default: where it stands)
 * @throws BAD_ARGUMENT naming the kept steps; what `checkSettings` throws
 */
export function forked(
  tree: SessionTree,
  changes: SessionChanges,
  at?: number,
  optimizer: OptimizerPolicy = "keep",
): SessionTree {
  const node = currentNode(tree);
  const tip = tipOf(node);
  const found = at === undefined ? tip : node.states.find(({ step }) => step === at);
  requires(
    found,
    "BAD_ARGUMENT",
    () => `fork: step ${at} of node ${node.id} was not kept`,
    `kept: ${node.states.map(({ step }) => step).join(", ")}; a smaller keepEvery (--keep-every) keeps more`,
  );
  const state = withChanges({ ...found, settings: tip.settings }, changes);
  const origin = { kind: "fork", node: node.id, step: found.step } as const;
  if (optimizer === "keep") return branched(tree, origin, state);
  const reset = optimizerUnder(optimizer, state, () => paintedWhere(tree));
  return branched(tree, { ...origin, optimizer }, { ...state, optimizer: reset, changed: true });
}

/**
 * The tree going on under other settings. More steps, or others before the first step, change the current node; what
 * steers it on the way makes a new one.
 */
export function continued(tree: SessionTree, changes: SessionChanges): SessionTree {
  const tip = currentState(tree);
  const state = withChanges(tip, changes);
  return state.changed && steers(tip.settings, state.settings) ? forked(tree, changes) : withTip(tree, state);
}

/** The tree with another state where its current node stands. */
export function withTip(tree: SessionTree, state: RunState): SessionTree {
  return withNode(tree, (node) => ({ ...node, states: [...node.states.slice(0, -1), state] }));
}

/** The branches on the way to the current node, first first. */
export function lineageOf(tree: SessionTree): Lineage {
  const byId = new Map(tree.nodes.map((node) => [node.id, node]));
  const branches: Lineage[number][] = [];
  for (let { origin } = currentNode(tree); origin.kind !== "start"; ) {
    const { node, ...branch } = origin;
    const parent = byId.get(node) ?? nodeOf(tree, node);
    branches.push({ ...branch, settings: tipOf(parent).settings } as Lineage[number]);
    ({ origin } = parent);
  }
  return branches.reverse();
}

/**
 * The state under other settings; those that steer a run that has begun mark it as changed.
 *
 * @throws BAD_ARGUMENT when more steps are done than `steps` asks for
 */
export function withChanges(state: RunState, changes: SessionChanges): RunState {
  const former = state.settings;
  const { steps = former.steps } = changes;
  requires(
    steps >= Math.min(state.step, former.steps),
    "BAD_ARGUMENT",
    () => `steps: ${steps} in all were asked for, ${state.step} are done`,
    "ask for more, or branch off at a kept step",
  );
  const settings = checkSettings({ ...former, ...changes, plateau: { ...former.plateau, ...changes.plateau } });
  if (!steers(former, settings)) return { ...state, settings };
  const hasBegun = state.step > 0 || settings.seed !== former.seed; // the first latent is drawn
  const { watch: _, best, ...rest } = state; // losses begin anew, and of what other prompts draw nothing is known
  const asksTheSame = settings.prompts === former.prompts && settings.generatorPrompt === former.generatorPrompt;
  const judged = asksTheSame && best && { best };
  return { ...rest, ...judged, settings, changed: state.changed || hasBegun };
}

/** Whether a run goes elsewhere under other settings; how it is computed and when it ends do not count. */
function steers(before: Settings, after: Settings): boolean {
  return JSON.stringify(steering(before)) !== JSON.stringify(steering(after));
}

function steering({ steps, plateau: _, recompute: __, microBatch: ___, ...rest }: Settings) {
  const counts = changesWithLength(rest) || dependsOnSteps(rest.schedule);
  return { ...rest, ...(counts && { steps }) };
}

function withNode(tree: SessionTree, change: (node: SessionNode) => SessionNode): SessionTree {
  return { ...tree, nodes: tree.nodes.map((node) => (node.id === tree.current ? change(node) : node)) };
}
