/** Two arrays of numbers as one. */
import { NDArray } from "./ndarray.js";

/** share * former + (1 - share) * fresh, of the shape that both have */
export function mixed(former: NDArray, fresh: NDArray, share: number): NDArray {
  const old = former.floats();
  return NDArray.float32(
    fresh.shape,
    fresh.floats().map((value, i) => share * (old[i] as number) + (1 - share) * value),
  );
}
