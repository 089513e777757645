/** Diffusion models in one step against the diffusers library: tokens, what the net is told and says, the picture, and the gradient of the noise. */
import { cp, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import type { NDArray } from "../../src/core/ndarray.js";
import { NDArray as Numbers } from "../../src/core/ndarray.js";
import { input, type Tensor } from "../../src/graph/tensor.js";
import { loadGenerator } from "../../src/models/load.js";
import type { TextReader } from "../../src/models/text-reader.js";
import { compile } from "../../src/runtime/program.js";
import { inEmptyFolder } from "../support/cli.js";
import { fixture, fixturePath, relativeError } from "../support/fixtures.js";

const texts = ["a red! castle, oil on canvas", "sky!", ""];

/** The picture of the reference's noise and text, and the gradient of the noise. */
async function drawn(folder: string, reference: (tensor: string) => NDArray, recompute = false) {
  const generator = await loadGenerator(folder);
  const reader = generator.text as TextReader;
  const noise = input("noise", "float32", reference("noise").shape);
  const ids = input("ids", "int64", [1, reader.contextLength]);
  const states = reader.encodeText(ids, input("end", "int64", [1]));
  const picture = generator.decode(noise, { text: states, recompute });
  const [dnoise] = grad(picture, [noise], input("ct", "float32", reference("ct").shape)) as [Tensor];
  const program = await compile({ states, picture, dnoise }, { threads: 1 });
  const tokens = Numbers.int64([1, reader.contextLength], reader.tokenize(texts[0] as string).ids);
  const result = await program.run({ ids: tokens, noise: reference("noise"), ct: reference("ct") });
  await program.dispose();
  return { generator, reader, result };
}

test.each([
  ["diffusion-sdxs", 16, 64],
  ["diffusion-turbo", 4, 32],
  ["diffusion-lcm", 8, 64],
])("%s: tokens, states, picture and the noise's gradient agree", async (name, factor, resolution) => {
  const reference = await fixture(`${name}/expected.safetensors`);
  for (const recompute of [false, true]) {
    const { generator, reader, result } = await drawn(fixturePath(name), reference, recompute);
    expect(generator).toMatchObject({ name, factor, resolution });
    const ids = texts.flatMap((text) => reader.tokenize(text).ids);
    expect(ids).toEqual(Array.from(reference("ids").data, Number));
    const first = reference("states").floats().slice(0, reader.embeddingSize);
    const states = Numbers.float32([1, reader.embeddingSize], first);
    expect(relativeError(result.states, states)).toBeLessThan(1e-5);
    expect(relativeError(result.picture, reference("picture"))).toBeLessThan(1e-4);
    expect(relativeError(result.dnoise, reference("dnoise"))).toBeLessThan(1e-4);
  }
});
