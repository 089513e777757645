import { expect, test } from "vitest";
import { fixture } from "../../test/support/fixtures.js";
import { optimizerNames, optimizers } from "./optimizer.js";

test.each(optimizerNames)("%s follows torch for 20 steps", async (name) => {
  const reference = await fixture("optim/optim.safetensors");
  const expected = reference(name).floats();
  const gradients = reference(name === "adamp" ? "adamp.gradients" : "gradients").floats();
  let parameters = reference("start").floats();
  let state = optimizers[name].init(parameters.length);
  for (let step = 0; step < 20; step++) {
    const gradient = gradients.subarray(step * 35, step * 35 + 35);
    ({ parameters, state } = optimizers[name].update(parameters, gradient, state, 0.1));
    for (let i = 0; i < 35; i++) {
      const wanted = expected[step * 35 + i] as number;
      expect(Math.abs((parameters[i] as number) - wanted), `step ${step}, parameter ${i}`).toBeLessThan(
        1e-5 * Math.max(1, Math.abs(wanted)),
      );
    }
  }
});

test("an update leaves its arguments as they were", () => {
  const parameters = Float32Array.of(1, 2);
  const state = optimizers.adam.init(2);
  optimizers.adam.update(parameters, Float32Array.of(3, 4), state, 0.1);
  expect([...parameters]).toEqual([1, 2]);
  expect([...(state.arrays.first?.floats() ?? [])]).toEqual([0, 0]);
});
