/** Ops of the reference evaluator that move numbers, pick them, or reduce them. */
import { sizeOf } from "../../core/shape.js";
import { broadcastAt, type Evaluator, fill, flatOf, forEachIndex, type Value } from "./value.js";

const at = ({ shape, data }: Value, index: readonly number[]): number => data[flatOf(shape, index)] as number;

/** Replaces one entry. */
const put = (index: readonly number[], axis: number, value: number): number[] =>
  index.map((position, i) => (i === axis ? value : position));

/** Folds the elements that share an output index over the reduced axes. */
const reduce = (start: number, fold: (total: number, x: number, count: number) => number): Evaluator => {
  return ([x, axes], _, { shape }) => {
    const source = x as Value;
    const count = [...(axes as Value).data].reduce((n, axis) => n * (source.shape[axis] as number), 1);
    const data = new Float64Array(sizeOf(shape)).fill(start);
    forEachIndex(source.shape, (index, flat) => {
      const target = flatOf(
        shape,
        index.map((position, axis) => (shape[axis] === 1 ? 0 : position)),
      );
      data[target] = fold(data[target] as number, source.data[flat] as number, count);
    });
    return data;
  };
};

const extremePosition = (isBetter: (candidate: number, best: number) => boolean): Evaluator => {
  return ([x], { axis }, { shape }) => {
    const source = x as Value;
    const along = axis as number;
    const isKept = shape.length === source.shape.length;
    return fill(shape, (index) => {
      const element = (k: number) =>
        at(source, [...index.slice(0, along), k, ...index.slice(isKept ? along + 1 : along)]);
      let best = 0;
      for (let k = 1; k < (source.shape[along] as number); k++) if (isBetter(element(k), element(best))) best = k;
      return best;
    });
  };
};

/** Where a padded position reads from; undefined: it is a zero. */
function padSource(position: number, extent: number, mode: string): number | undefined {
  if (position >= 0 && position < extent) return position;
  if (mode === "constant") return undefined;
  if (mode === "edge") return position < 0 ? 0 : extent - 1;
  return position < 0 ? -position : 2 * (extent - 1) - position;
}

export const movement: Readonly<Record<string, Evaluator>> = {
  Reshape: ([x]) => (x as Value).data.slice(),
  Transpose: ([x], { perm }, { shape }) =>
    fill(shape, (index) => {
      const source = index.slice();
      (perm as number[]).forEach((axis, i) => {
        source[axis] = index[i] as number;
      });
      return at(x as Value, source);
    }),
  Expand: ([x], _, { shape }) => fill(shape, (index) => broadcastAt(x as Value, index)),
  Slice: ([x, starts, , axes, steps], _, { shape }) =>
    fill(shape, (index) => {
      const source = index.slice();
      (axes as Value).data.forEach((axis, i) => {
        source[axis] =
          ((starts as Value).data[i] as number) + (index[axis] as number) * ((steps as Value).data[i] as number);
      });
      return at(x as Value, source);
    }),
  Concat: (parts, { axis }, { shape }) =>
    fill(shape, (index) => {
      let position = index[axis as number] as number;
      for (const part of parts) {
        const extent = part.shape[axis as number] as number;
        if (position < extent) return at(part, put(index, axis as number, position));
        position -= extent;
      }
      return Number.NaN;
    }),
  Pad: ([x, pads], { mode }, { shape }) =>
    fill(shape, (index) => {
      const source = index.map((position, axis) =>
        padSource(
          position - ((pads as Value).data[axis] as number),
          (x as Value).shape[axis] as number,
          mode as string,
        ),
      );
      return source.includes(undefined) ? 0 : at(x as Value, source as number[]);
    }),
  Gather: ([x, indices], { axis }, { shape }) => {
    const along = axis as number;
    const rank = (indices as Value).shape.length;
    return fill(shape, (index) => {
      const row = at(indices as Value, index.slice(along, along + rank));
      return at(x as Value, [...index.slice(0, along), row, ...index.slice(along + rank)]);
    });
  },
  GatherElements: ([x, indices], { axis }, { shape }) =>
    fill(shape, (index) => at(x as Value, put(index, axis as number, at(indices as Value, index)))),
  ScatterElements: ([data, indices, updates], { axis }) => {
    const { shape, data: numbers } = data as Value;
    const result = numbers.slice();
    forEachIndex((indices as Value).shape, (index, flat) => {
      const target = flatOf(shape, put(index, axis as number, (indices as Value).data[flat] as number));
      result[target] = (result[target] as number) + ((updates as Value).data[flat] as number);
    });
    return result;
  },
  ReduceSum: reduce(0, (total, x) => total + x),
  ReduceMean: reduce(0, (total, x, count) => total + x / count),
  ReduceMax: reduce(Number.NEGATIVE_INFINITY, (total, x) => Math.max(total, x)),
  ArgMin: extremePosition((candidate, best) => candidate < best),
  ArgMax: extremePosition((candidate, best) => candidate > best),
};
