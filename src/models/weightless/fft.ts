/**
 * A picture as the Fourier spectrum of decorrelated colours, scaled as natural pictures are: by 1 / frequency. No
 * weights, nothing learnt. The transform is two pairs of matrix products.
 */
import { NDArray } from "../../core/ndarray.js";
import { constant, type Tensor } from "../../graph/tensor.js";
import { add, div, mul, sub } from "../../ops/arithmetic.js";
import { transpose } from "../../ops/layout.js";
import { applyAlong } from "../../ops/linear-algebra.js";
import { concat, slice } from "../../ops/movement.js";
import { type Generator, sizeOption } from "../generator.js";
import { axesOfPicture, pictureOfAxes } from "./colour.js";
import { recommended } from "./recommended.js";

/** The latent [1,6,H,floor(W/2)+1]: the real parts of the three colour axes, then the imaginary ones. */
export const fft: Generator = {
  name: "fft",
  factor: 1,
  resolution: 128,
  deviation: 0.1,
  recommended: recommended({ learningRate: 0.05, smooth: 0.3 }),
  latentShape: ([height, width]) => [1, 6, height, columnsOf(width)],
  encode: (x) => {
    const [, , height, width] = x.shape as [number, number, number, number];
    return div(spectrumOf(axesOfPicture(x)), scaleOf(height, width));
  },
  decode: (z, options) => {
    const [height, width] = sizeOption("fft", options);
    return pictureOfAxes(pictureOf(mul(z, scaleOf(height, width)), width));
  },
  files: [],
};

/** The other columns are the conjugates of these. */
const columnsOf = (width: number) => Math.floor(width / 2) + 1;

/** How many columns of the whole spectrum one stands for. */
const copiesOf = (column: number, width: number) => (column === 0 || 2 * column === width ? 1 : 2);

/**
 * 1 / frequency in cycles a pixel, the lowest standing in for 0, and so normalised that a latent of unit spread gives a
 * picture of unit spread.
 *
 * @returns [H, floor(W/2)+1]
 */
function scaleOf(height: number, width: number): Tensor {
  const columns = columnsOf(width);
  const scale = Float64Array.from({ length: height * columns }, (_, i) => {
    const row = Math.floor(i / columns);
    const frequency = Math.hypot(Math.min(row, height - row) / height, (i % columns) / width);
    return 1 / Math.max(frequency, 1 / Math.max(height, width));
  });
  const variance = scale.reduce((total, s, i) => total + (copiesOf(i % columns, width) * s) ** 2, 0) / (height * width);
  return constant(
    NDArray.float32(
      [height, columns],
      Float32Array.from(scale, (s) => s / Math.sqrt(variance)),
    ),
  );
}

/** The inverse transform of a real picture. @param spectrum [1,6,H,floor(W/2)+1] @returns [1,3,H,W] */
function pictureOf(spectrum: Tensor, width: number): Tensor {
  const height = spectrum.shape[2] as number;
  const [real, imaginary] = halves(spectrum);
  const { cosines, sines } = waves(height, height);
  const [along, across] = [
    sub(applyAlong(real, 2, cosines), applyAlong(imaginary, 2, sines)),
    add(applyAlong(real, 2, sines), applyAlong(imaginary, 2, cosines)),
  ];
  const columns = waves(width, columnsOf(width), (column) => copiesOf(column, width));
  return sub(applyAlong(along, 3, columns.cosines), applyAlong(across, 3, columns.sines));
}

/** The transform of a real picture. @param v [1,3,H,W] @returns [1,6,H,floor(W/2)+1] */
function spectrumOf(v: Tensor): Tensor {
  const [, , height, width] = v.shape as [number, number, number, number];
  const columns = transposed(waves(width, columnsOf(width)));
  const [real, imaginary] = [applyAlong(v, 3, columns.cosines), applyAlong(v, 3, columns.sines)]; // of e^(+i..)
  const { cosines, sines } = waves(height, height);
  return concat(
    [
      sub(applyAlong(real, 2, cosines), applyAlong(imaginary, 2, sines)),
      mul(add(applyAlong(real, 2, sines), applyAlong(imaginary, 2, cosines)), -1),
    ],
    1,
  );
}

const halves = (spectrum: Tensor) => [slice(spectrum, 1, 0, 3), slice(spectrum, 1, 3, 6)] as [Tensor, Tensor];

interface Waves {
  readonly cosines: Tensor;
  readonly sines: Tensor;
}

/** cos and sin of 2 pi k x / size over the root of size, [size,count], each column times its factor. */
function waves(size: number, count: number, factor: (k: number) => number = () => 1): Waves {
  const table = (wave: (angle: number) => number) =>
    constant(
      NDArray.float32(
        [size, count],
        Float32Array.from({ length: size * count }, (_, i) => {
          const k = i % count;
          const turns = ((Math.floor(i / count) * k) % size) / size; // reduced first: exact for large products
          return (factor(k) * wave(2 * Math.PI * turns)) / Math.sqrt(size);
        }),
      ),
    );
  return { cosines: table(Math.cos), sines: table(Math.sin) };
}

function transposed({ cosines, sines }: Waves): Waves {
  return { cosines: transpose(cosines), sines: transpose(sines) };
}
