/**
 * What a latent makes of a mesh: a colour of every vertex, and how far it moves along its normal. Both are a field of waves
 * over space, so that what changes is smooth at the asked-for scale, or numbers of each vertex.
 */
import type { NDArray } from "../../core/ndarray.js";
import { Random } from "../../core/random.js";
import type { Tensor } from "../../graph/tensor.js";
import { add, cos, mul, sin, tanh } from "../../ops/arithmetic.js";
import { reshape } from "../../ops/layout.js";
import { matmul } from "../../ops/linear-algebra.js";
import { concat, slice } from "../../ops/movement.js";
import { floats } from "../../ops/operands.js";
import type { MeshLook } from "./options.js";
import type { Surface } from "./surface.js";

/** Each has a cosine and a sine. */
const WAVES = 128;
/** Numbers of the latent for each wave or vertex: r, g, b and the way along the normal. */
const CHANNELS = 4;

/** [1, 2 waves or vertices, 4] */
export function fieldShape({ positions }: Surface, { detail }: MeshLook): [number, number, number] {
  return [1, detail > 0 ? 2 * WAVES : positions.length / 3, CHANNELS];
}

/** Directions and lengths of waves: normally distributed, the same for every mesh. [3, waves] */
function waveVectors(detail: number): Float32Array {
  return new Random(0)
    .split("waves of a mesh")
    .normals(3 * WAVES)
    .map((value) => 2 * Math.PI * detail * value);
}

const AMPLITUDE = Math.sqrt(1 / WAVES);

/** [N,4] of a latent */
function fieldOf(z: Tensor, { positions }: Surface, { detail }: MeshLook): Tensor {
  const own = reshape(z, z.shape.slice(1));
  if (detail === 0) return own;
  const phases = matmul(floats([positions.length / 3, 3], positions), floats([3, WAVES], waveVectors(detail)));
  return matmul(mul(concat([cos(phases), sin(phases)], 1), AMPLITUDE), own);
}

/** Where colours are .5 + tanh / 2 of a field of 0: at the file's own, or grey. [N,3] */
function firstColours({ positions, colours }: Surface): Float32Array {
  const within = (value: number) => Math.min(Math.max(2 * value - 1, -0.96), 0.96);
  return Float32Array.from(positions, (_, i) => (colours ? Math.atanh(within(colours[i] as number)) : 0));
}

/** As a graph: positions and colours of the vertices, [N,3] each. */
export function styled(z: Tensor, surface: Surface, look: MeshLook): { positions: Tensor; colours: Tensor } {
  const shape = [surface.positions.length / 3, 3] as const;
  const field = fieldOf(z, surface, look);
  const shades = floats(shape, firstColours(surface));
  const own = look.colour ? add(slice(field, 1, 0, 3), shades) : shades;
  const along = mul(tanh(slice(field, 1, 3, CHANNELS)), look.shape); // [N, 1]
  return {
    positions: add(floats(shape, surface.positions), mul(along, floats(shape, surface.normals))),
    colours: add(mul(tanh(own), 0.5), 0.5),
  };
}

/** The same as numbers, for what is done on the host. */
export class HostField {
  private waves: Float32Array | undefined;

  constructor(
    private readonly surface: Surface,
    private readonly look: MeshLook,
  ) {}

  /** Of each vertex its place, and its colour in 0..1 */
  styled(z: NDArray): { positions: Float64Array; colours: Float64Array } {
    const { surface, look } = this;
    const field = this.values(z.floats());
    const shades = firstColours(surface);
    const positions = surface.positions.map(
      (value, i) =>
        value +
        (surface.normals[i] as number) * look.shape * Math.tanh(field[CHANNELS * Math.floor(i / 3) + 3] as number),
    );
    const own = (i: number) => (look.colour ? (field[CHANNELS * Math.floor(i / 3) + (i % 3)] as number) : 0);
    return { positions, colours: Float64Array.from(shades, (shade, i) => 0.5 + Math.tanh(own(i) + shade) / 2) };
  }

  private values(latent: Float32Array): Float32Array | Float64Array {
    if (this.look.detail === 0) return latent;
    this.waves ??= wavesAt(this.surface, this.look.detail);
    const values = new Float64Array((this.waves.length / (2 * WAVES)) * CHANNELS);
    this.waves.forEach((wave, i) => {
      const [vertex, k] = [Math.floor(i / (2 * WAVES)), i % (2 * WAVES)];
      for (let c = 0; c < CHANNELS; c++) {
        (values[CHANNELS * vertex + c] as number) += wave * (latent[CHANNELS * k + c] as number);
      }
    });
    return values;
  }
}

/** Cosines, then sines of each vertex. [N, 2 waves] */
function wavesAt({ positions }: Surface, detail: number): Float32Array {
  const vectors = waveVectors(detail);
  const waves = new Float32Array((positions.length / 3) * 2 * WAVES);
  for (let vertex = 0; vertex < positions.length / 3; vertex++) {
    for (let k = 0; k < WAVES; k++) {
      const phase = [0, 1, 2].reduce(
        (sum, axis) => sum + (positions[3 * vertex + axis] as number) * (vectors[axis * WAVES + k] as number),
        0,
      );
      waves[2 * WAVES * vertex + k] = AMPLITUDE * Math.cos(phase);
      waves[2 * WAVES * vertex + WAVES + k] = AMPLITUDE * Math.sin(phase);
    }
  }
  return waves;
}
