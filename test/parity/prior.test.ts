/** The prior against its PyTorch definition, and files that do not fit. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { input } from "../../src/graph/tensor.js";
import { loadPrior } from "../../src/models/load.js";
import { compile } from "../../src/runtime/program.js";
import { fixture, fixturePath, largestError } from "../support/fixtures.js";

test("latents of two texts in looks, styles and tints agree", async () => {
  const reference = await fixture("prior/expected.safetensors");
  const prior = await loadPrior(fixturePath("prior"));
  expect(prior).toMatchObject({
    embeddingSize: 24,
    latentChannels: 16,
    side: 16,
    looks: ["flat", "line", "round"],
    styles: [
      { name: "pixel art", words: ["pixel art"] },
      { name: "watercolour", words: ["watercolour", "watercolor"] },
    ],
    tints: [
      { name: "red", words: ["red"] },
      { name: "gray", words: ["grey", "gray"] },
    ],
    phrases: new Set(["fox", "lion"]),
    keywords: new Map([["kitty", "lion"]]),
    grounds: new Set(["at night", "on a red background", "on the sea"]),
  });
  const text = input("text", "float32", [2, 24]);
  const outputs = {
    "latent.0": prior.latent(text, 0, [{}, {}]),
    "latent.2": prior.latent(text, 2, [{}, {}]),
    "latent.0.manners": prior.latent(text, 0, [{ style: 1 }, {}]),
    "latent.1.manners": prior.latent(text, 1, [{ tint: 1 }, { style: 0, tint: 0 }]),
  };
  const program = await compile(outputs, { threads: 1 });
  const result = await program.run({ text: reference("text") });
  await program.dispose();
  for (const name of Object.keys(outputs) as (keyof typeof outputs)[]) {
    expect(largestError(result[name], reference(name))).toBeLessThan(1e-4);
  }
  for (const other of ["latent.2", "latent.0.manners"] as const) {
    expect(largestError(result["latent.0"], result[other])).toBeGreaterThan(0.1);
  }
});

test("as many manners as texts are asked for", async () => {
  const prior = await loadPrior(fixturePath("prior"));
  expect(() => prior.latent(input("text", "float32", [2, 24]), 0, [{}])).toThrow(
    "latent(): needs embeddings [n,24] and n manners, got float32[2,24] and 1",
  );
});

/** Opens the fixture with other values in its config.json. */
async function withConfig(changes: object): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), "prior-"));
  try {
    await cp(fixturePath("prior"), folder, { recursive: true });
    const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
    await writeFile(join(folder, "config.json"), JSON.stringify({ ...config, ...changes }));
    return await loadPrior(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test.each([
  [{ model_type: "clip" }, /config\.json: model_type: only model_type "latent_prior" can be used/],
  [{ side: 1e9 }, /config\.json: side: /],
  [{ channels: 33 }, /config\.json: channels: .* multiple of 32/],
  [{ seed_channels: 15 }, /config\.json: seed_channels: must not be below latent_channels/],
  [{ looks: ["flat", "flat"] }, /looks: a name is given twice/],
  [{ looks: ["flat"] }, /model\.safetensors: ideas\.weight: expected \[1,20,12\], found \[3,20,12\]/],
  [{ styles: [] }, /config\.json: styles: /],
  [{ tints: Array(2).fill({ name: "red", words: [] }) }, /tints: a name is given twice/],
  [{ styles: ["a", "b"].map((name) => ({ name, words: ["flat"] })) }, /styles: a word is given twice/],
  [{ tints: [] }, /blocks\.0\.film\.weight: expected \[128,2\], found \[128,4\]/],
  [{ keywords: ["kitty"] }, /config\.json: keywords: /],
  [{ keywords: { kitty: "cat" } }, /config\.json: keywords: one stands for what is no phrase/],
  [{ grounds: ["at night", ""] }, /config\.json: grounds\.1: /],
  [{ blocks: 1 }, /not part of the model: blocks\.1/],
  [{ blocks: 3 }, /missing: blocks\.2/],
])("config.json with %j is refused", async (changes, message) => {
  await expect(withConfig(changes)).rejects.toMatchObject({
    code: "BAD_MODEL",
    message: expect.stringMatching(message),
  });
});

test("a folder without weights is named", async () => {
  await expect(loadPrior(fixturePath("step"))).rejects.toMatchObject({
    code: "BAD_MODEL",
    message: expect.stringContaining("config.json: no such file; a prior needs it"),
  });
});
