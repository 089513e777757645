/** Predicts how much memory a program will need, from its graph alone, before anything is loaded. */
import type { WeightSource } from "../core/weight-source.js";
import { calculatedWeights, fixedTensors } from "../graph/fixed.js";
import { initializerKey } from "../graph/initializer-key.js";
import { bytesOf, type Leaf, type Tensor } from "../graph/tensor.js";
import { toposort } from "../graph/toposort.js";
import type { SessionSettings } from "./devices.js";

/** Node, the runtime's library and the buffers both keep around, as measured. */
const PROCESS_BYTES = 280e6;
/**
 * What a byte of values takes, as measured. The arena grows in steps and leaves gaps, fused ops keep fewer values than the
 * graph has, and values that are computed again find fewer of these.
 */
const TAKEN = {
  usual: { kept: 1.22, recomputed: 1.5 },
  lowMemory: { kept: 0.95, recomputed: 1.38 },
} as const;
/** What a byte of weights takes in a usual session, as measured: the runtime packs them for its kernels, and again for convolutions in blocks. */
const PACKED = 1.6;
/** So many users' weights a low-memory session calculates before the first of them runs, as measured. */
const AHEAD = 4;

export interface MemoryWays extends Pick<SessionSettings, "lowMemory"> {
  /** Whether the programs were built with `recomputed` parts. */
  readonly recompute?: boolean;
}

/**
 * Peak bytes of the process that holds `programs` (their outputs): the process itself, and for each program the weights as
 * its session holds them and the largest sum of its buffers, when ops run in dependency order; or what loading the last of
 * them takes, where that is more. Calibrated on the CPU from 128 to 1024 pixels: within a tenth of what was measured, but a
 * sixth too much for plain steps at 512.
 */
export function predictPeakMemory(
  programs: readonly (readonly Tensor[])[],
  { lowMemory = false, recompute = false }: MemoryWays = {},
): number {
  const values = TAKEN[lowMemory ? "lowMemory" : "usual"][recompute ? "recomputed" : "kept"];
  let [held, peak] = [0, 0];
  for (const outputs of programs) {
    const order = toposort([...outputs].reverse()); // what leads to the last output runs first
    const fixed = fixedTensors(order);
    const weights = lowMemory ? mappedWeights(order) : packedWeights(order, fixed);
    peak = Math.max(peak, held + weights.loading);
    held += weights.held + values * peakActivationBytes(outputs, order, fixed);
  }
  return PROCESS_BYTES + Math.max(peak, held);
}

/** Bytes that weights take while a session is made, and as long as it is there. */
interface WeightBytes {
  readonly loading: number;
  readonly held: number;
}

/**
 * `held`: constants, and weights once more where a gradient uses them turned: the session folds those into copies.
 * `loading`: these and all that they were folded from, which goes when the session is made. What is computed from the same
 * constants in the same way is merged before, so it counts once.
 */
function packedWeights(order: readonly Tensor[], fixed: ReadonlySet<Tensor>): WeightBytes {
  const held = new Map<string, number>();
  const loading = new Map<string, number>();
  const recipes = new Map<Tensor, string>();
  const numbers = new Map<unknown, number>();
  const numbered = (thing: unknown) => String(numbers.get(thing) ?? numbers.set(thing, numbers.size).get(thing));
  for (const tensor of order) {
    if (fixed.has(tensor)) {
      const { leaf, op, attributes, inputs } = tensor;
      const made = () => [op?.name, JSON.stringify(attributes), ...inputs.map((input) => recipes.get(input))].join();
      const recipe = numbered(leaf ? initializerKey(tensor, sourceOf(leaf)) : made());
      recipes.set(tensor, recipe);
      loading.set(recipe, bytesOf(tensor));
      continue;
    }
    for (const source of tensor.inputs) {
      if (fixed.has(source)) held.set(recipes.get(source) as string, bytesOf(source));
    }
  }
  return { held: PACKED * total(held.values()), loading: total(loading.values()) };
}

/** `held`: weights as their files have them, and what most is calculated from some of them for one user; nothing is calculated while the session is made. */
function mappedWeights(order: readonly Tensor[]): WeightBytes {
  const stored = new Map<unknown, number>();
  const calculated = calculatedWeights(order);
  /** The most that is there at once while `tensor` is calculated. */
  const takes = (tensor: Tensor): number =>
    calculated.has(tensor)
      ? Math.max(
          bytesOf(tensor) + total(tensor.inputs.filter((input) => calculated.has(input)).map(bytesOf)),
          ...tensor.inputs.map(takes),
        )
      : 0;
  let most = 0;
  for (const tensor of order) {
    const { leaf } = tensor;
    if (leaf && leaf.kind !== "input") stored.set(initializerKey(tensor, sourceOf(leaf)), bytesOf(tensor));
    if (!leaf && !calculated.has(tensor)) {
      most = Math.max(most, total(tensor.inputs.map(takes)));
    }
  }
  return { held: total(stored.values()) + AHEAD * most, loading: 0 };
}

const total = (bytes: Iterable<number>): number => [...bytes].reduce((sum, each) => sum + each, 0);

function sourceOf(leaf: Leaf): WeightSource {
  if (leaf.kind === "constant") return { kind: "memory", array: leaf.value };
  return (leaf as Extract<Leaf, { kind: "weight" }>).source;
}

/** Ops that write over an input of the same shape that nobody needs any more. */
const IN_PLACE = new Set(["Add", "Sub", "Mul", "Div", "Sigmoid", "Clip", "Neg", "Sqrt", "Exp", "Softmax"]);

/** Memory that several values take one after the other. */
interface Buffer {
  readonly bytes: number;
  readonly from: number;
  until: number;
}

/**
 * The largest sum of buffers alive at once, as the runtime plans them: a value takes the place of an input that dies with
 * it, or a free buffer of its very shape, or a new one. A buffer is given back after the last of all values that will take
 * it, so that buffers of one shape stay while values of another are at their most.
 */
function peakActivationBytes(outputs: readonly Tensor[], order: readonly Tensor[], fixed: ReadonlySet<Tensor>): number {
  const live = order.filter((tensor) => !fixed.has(tensor));
  const lastUse = new Map<Tensor, number>();
  live.forEach((tensor, index) => {
    for (const source of tensor.inputs) lastUse.set(storage(source), index);
  });
  for (const output of outputs) lastUse.set(storage(output), live.length);
  const buffers: Buffer[] = [];
  const bufferOf = new Map<Tensor, Buffer>();
  const free = new Map<string, Buffer[]>();
  live.forEach((tensor, index) => {
    const dying = new Set(tensor.inputs.map(storage).filter((source) => lastUse.get(source) === index));
    if (storage(tensor) === tensor) {
      const until = Math.max(index, lastUse.get(tensor) ?? index);
      const place = IN_PLACE.has(tensor.op?.name ?? "")
        ? [...dying].find((source) => !source.leaf && bufferOf.has(source) && kindOf(source) === kindOf(tensor))
        : undefined;
      const kept = tensor.leaf || until === live.length;
      const known = place ? bufferOf.get(place) : kept ? undefined : free.get(kindOf(tensor))?.pop();
      if (place) dying.delete(place);
      const buffer = known ?? { bytes: bytesOf(tensor), from: index, until };
      if (!known) buffers.push(buffer);
      buffer.until = Math.max(buffer.until, until);
      bufferOf.set(tensor, buffer);
    }
    for (const source of dying) {
      const buffer = source.leaf ? undefined : bufferOf.get(source);
      if (buffer) free.set(kindOf(source), [...(free.get(kindOf(source)) ?? []), buffer]);
    }
  });
  return largestSum(buffers, live.length);
}

const kindOf = ({ dtype, shape }: Tensor): string => `${dtype}[${shape}]`;

function largestSum(buffers: readonly Buffer[], length: number): number {
  const changes = new Float64Array(length + 2);
  for (const { bytes, from, until } of buffers) {
    changes[from] = (changes[from] as number) + bytes;
    changes[until + 1] = (changes[until + 1] as number) - bytes;
  }
  let [sum, peak] = [0, 0];
  for (const change of changes) {
    sum += change;
    peak = Math.max(peak, sum);
  }
  return peak;
}

/** Reshape and Identity give a name to bytes that are there already. */
function storage(tensor: Tensor): Tensor {
  let source = tensor;
  while (source.op?.name === "Reshape" || source.op?.name === "Identity") source = source.inputs[0] as Tensor;
  return source;
}
