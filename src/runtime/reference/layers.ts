/** Products, convolutions, normalisations, pooling and sampling of the reference evaluator. */
import { FloatAttribute } from "../../graph/tensor.js";
import { broadcastAt, type Evaluator, fill, flatOf, type Value } from "./value.js";

const numberOf = (attribute: unknown, fallback: number): number =>
  attribute instanceof FloatAttribute ? attribute.value : fallback;

/** The element, or 0 outside the picture. */
function pixel({ shape, data }: Value, n: number, c: number, y: number, x: number): number {
  const [, , height, width] = shape as [number, number, number, number];
  return y < 0 || x < 0 || y >= height || x >= width ? 0 : (data[flatOf(shape, [n, c, y, x])] as number);
}

const pool = (start: number, outside: number, fold: (total: number, x: number, count: number) => number): Evaluator => {
  return ([x], { kernel_shape, strides, pads }, { shape }) => {
    const source = x as Value;
    const [kernel, stride, padding] = [kernel_shape, strides, pads].map((list) => (list as number[])[0]) as [
      number,
      number,
      number,
    ];
    return fill(shape, ([n, c, row, column]) => {
      let total = start;
      for (let i = 0; i < kernel * kernel; i++) {
        const y = (row as number) * stride - padding + Math.floor(i / kernel);
        const z = (column as number) * stride - padding + (i % kernel);
        const inside = y >= 0 && z >= 0 && y < (source.shape[2] as number) && z < (source.shape[3] as number);
        total = fold(total, inside ? pixel(source, n as number, c as number, y, z) : outside, kernel * kernel);
      }
      return total;
    });
  };
};

/** Mean and inverse deviation of consecutive runs of `length` elements. */
function moments(data: Float64Array, start: number, length: number, epsilon: number): [mean: number, inverse: number] {
  const part = data.subarray(start, start + length);
  const mean = part.reduce((a, b) => a + b, 0) / length;
  const variance = part.reduce((a, b) => a + (b - mean) ** 2, 0) / length;
  return [mean, 1 / Math.sqrt(variance + epsilon)];
}

export const layers: Readonly<Record<string, Evaluator>> = {
  MatMul: ([a, b], _, { shape }) => {
    const [left, right] = [a as Value, b as Value];
    const inner = left.shape.at(-1) as number;
    return fill(shape, (index) => {
      let total = 0;
      for (let k = 0; k < inner; k++) {
        total +=
          broadcastAt(left, [...index.slice(0, -1), k]) *
          broadcastAt(right, [...index.slice(0, -2), k, index.at(-1) as number]);
      }
      return total;
    });
  },
  Gemm: ([a, b, c], { alpha, transA, transB }, { shape }) => {
    const [left, right] = [a as Value, b as Value];
    const inner = left.shape[transA ? 0 : 1] as number;
    return fill(shape, ([i, j]) => {
      let total = 0;
      for (let k = 0; k < inner; k++) {
        const x = left.data[flatOf(left.shape, transA ? [k, i as number] : [i as number, k])] as number;
        const y = right.data[flatOf(right.shape, transB ? [j as number, k] : [k, j as number])] as number;
        total += x * y;
      }
      return numberOf(alpha, 1) * total + (c ? broadcastAt(c, [i as number, j as number]) : 0);
    });
  },
  Conv: ([x, w, b], { strides, pads, dilations, group }, { shape }) => {
    const [source, kernel] = [x as Value, w as Value];
    const [out, perGroup, kh, kw] = kernel.shape as [number, number, number, number];
    const [stride, dilation] = [(strides as number[])[0] as number, (dilations as number[])[0] as number];
    const [top, left] = pads as [number, number];
    return fill(shape, ([n, o, row, column]) => {
      const first = Math.floor((o as number) / (out / (group as number))) * perGroup;
      let total = b ? (b.data[o as number] as number) : 0;
      for (let c = 0; c < perGroup; c++) {
        for (let i = 0; i < kh; i++) {
          for (let j = 0; j < kw; j++) {
            const y = (row as number) * stride - top + i * dilation;
            const z = (column as number) * stride - left + j * dilation;
            total +=
              pixel(source, n as number, first + c, y, z) *
              (kernel.data[flatOf(kernel.shape, [o as number, c, i, j])] as number);
          }
        }
      }
      return total;
    });
  },
  Softmax: ([x], { axis }, { shape }) => {
    const source = x as Value;
    return fill(shape, (index) => {
      const along = index.slice();
      let total = 0;
      for (let k = 0; k < (shape[axis as number] as number); k++) {
        along[axis as number] = k;
        total += Math.exp(
          (source.data[flatOf(shape, along)] as number) - (source.data[flatOf(shape, index)] as number),
        );
      }
      return 1 / total;
    });
  },
  LayerNormalization: ([x, weight, bias], { epsilon }) => {
    const { data, shape } = x as Value;
    const length = shape.at(-1) as number;
    return data.map((value, i) => {
      const [mean, inverse] = moments(data, i - (i % length), length, numberOf(epsilon, 1e-5));
      return (
        (value - mean) * inverse * ((weight as Value).data[i % length] as number) +
        ((bias as Value).data[i % length] as number)
      );
    });
  },
  BatchNormalization: ([x, ...vectors], { epsilon }, { shape }) => {
    const [scale, bias, mean, variance] = vectors as [Value, Value, Value, Value];
    return fill(shape, (index) => {
      const c = index[1] as number;
      const centred = ((x as Value).data[flatOf(shape, index)] as number) - (mean.data[c] as number);
      const deviation = Math.sqrt((variance.data[c] as number) + numberOf(epsilon, 1e-5));
      return (centred / deviation) * (scale.data[c] as number) + (bias.data[c] as number);
    });
  },
  AveragePool: pool(0, 0, (total, x, count) => total + x / count),
  MaxPool: pool(Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, (total, x) => Math.max(total, x)),
  Resize: ([x], _, { shape }) => {
    const factor = (shape[2] as number) / ((x as Value).shape[2] as number);
    return fill(shape, ([n, c, row, column]) =>
      pixel(
        x as Value,
        n as number,
        c as number,
        Math.floor((row as number) / factor),
        Math.floor((column as number) / factor),
      ),
    );
  },
  GridSample: ([x, grid], _, { shape }) => {
    const source = x as Value;
    const [, , height, width] = source.shape as [number, number, number, number];
    return fill(shape, ([n, c, row, column]) => {
      const point = (k: number) =>
        (grid as Value).data[
          flatOf((grid as Value).shape, [n as number, row as number, column as number, k])
        ] as number;
      const [px, py] = [((point(0) + 1) * width - 1) / 2, ((point(1) + 1) * height - 1) / 2];
      const [x0, y0] = [Math.floor(px), Math.floor(py)];
      let total = 0;
      for (const [y, wy] of [
        [y0, y0 + 1 - py],
        [y0 + 1, py - y0],
      ] as const) {
        for (const [z, wx] of [
          [x0, x0 + 1 - px],
          [x0 + 1, px - x0],
        ] as const) {
          total += wx * wy * pixel(source, n as number, c as number, y, z);
        }
      }
      return total;
    });
  },
};
