/** A session of a few numbers with all that one may hold, made without any model. */
import { NDArray } from "../../src/core/ndarray.js";
import { resolveSettings } from "../../src/guidance/resolve-settings.js";
import type { RunState } from "../../src/guidance/run-state.js";
import { optimizers } from "../../src/optim/optimizer.js";
import type { Story } from "../../src/sessions/metadata.js";
import type { SessionFile } from "../../src/sessions/session-file.js";
import { advanced, branched, forked, plantTree, type SessionTree } from "../../src/sessions/session-tree.js";

const filled = (shape: number[], value: number) =>
  NDArray.float32(shape, new Float32Array(shape.reduce((size, extent) => size * extent, 1)).fill(value));

function firstState(): RunState {
  const request = {
    prompts: "a castle | fog:0->1 ^ a tower | text:-0.3:-0.1",
    seed: 7,
    average: 0.9,
    steps: 50,
    targets: [{ kind: "vector", weight: 1, stop: null } as const],
    pictureRegularizers: [{ kind: "palette" as const, weight: 1, colours: ["#ff8000"] }],
  };
  const { settings } = resolveSettings(request, { size: [16, 16], drawSeed: () => 0 });
  const z = filled([1, 4, 2, 2], 0.25);
  return {
    settings,
    beganFrom: "picture",
    source: { picture: NDArray.zeros("uint8", [3, 16, 16]), sha256: "0".repeat(64) },
    targets: [{ numbers: filled([1, 8], 0.5), sha256: "1".repeat(64) }],
    changed: false,
    step: 2,
    z,
    latentTarget: filled([1, 4, 2, 2], 0),
    average: { biased: z, count: 2 },
    optimizer: optimizers[settings.optimizer].init(z.size),
    best: { step: 1, score: 0.3, z },
  };
}

const models = [
  { role: "generator", name: "tiny", sha256: "2".repeat(64) },
  { role: "perceptor", name: "tiny", sha256: "3".repeat(64) },
] as const;

/** A run, a fork of it and a painted one. */
export function smallSession(): SessionFile {
  const state = firstState();
  const tree = advanced(plantTree(state, 2), { ...state, step: 4 });
  const fork = forked(tree, { prompts: "fog" }, 2);
  const paint = { kind: "paint", node: 2, step: 2, sha256: "4".repeat(64), optimizer: "reset-in-mask" } as const;
  return { tree: branched(fork, paint, { ...state, step: 2 }, NDArray.zeros("uint8", [2, 2])), models };
}

/** Forks of forks, `count` in a row. */
export function longChain(count: number): SessionTree {
  const state = firstState();
  let tree = plantTree(state, 0);
  const nodes = Array.from({ length: count }, (_, i) => ({
    id: i + 2,
    origin: { kind: "fork", node: i + 1, step: 2 } as const,
    status: "paused" as const,
    states: [state],
  }));
  tree = { ...tree, nodes: [...tree.nodes, ...nodes], current: count + 1 };
  return tree;
}

/** What a picture of this session tells. */
export function smallStory(): Story {
  const { settings } = firstState();
  return {
    settings,
    step: 2,
    models,
    device: "cpu",
    beganFrom: "picture",
    source: { sha256: "0".repeat(64), width: 16, height: 16 },
    targets: ["1".repeat(64), null],
    changed: false,
    judged: { score: 0.3, after: 50 },
    lineage: [{ kind: "fork", step: 2, settings }],
  };
}
