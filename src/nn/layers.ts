/** The weights of the layers that models are made of; a layer is such a record plus a function of ops/. */
import type { Tensor } from "../graph/tensor.js";

/** A map that may lack a bias: linear weight [out,in]; bias [out]. */
export interface Linear {
  readonly weight: Tensor;
  readonly bias?: Tensor;
}

/** A map with a bias: linear weight [out,in], convolution weight [out,in,kh,kw], norm weight [channels]; bias [out]. */
export interface Affine extends Linear {
  readonly bias: Tensor;
}
