/** The prior against its PyTorch definition, and files that do not fit. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { input } from "../../src/graph/tensor.js";
import { loadPrior } from "../../src/models/load.js";
import { compile } from "../../src/runtime/program.js";
import { fixture, fixturePath, largestError } from "../support/fixtures.js";

test("latents of two texts in every look agree", async () => {
  const reference = await fixture("prior/expected.safetensors");
  const prior = await loadPrior(fixturePath("prior"));
  expect(prior).toMatchObject({ embeddingSize: 24, latentChannels: 16, side: 16, looks: ["flat", "line", "round"] });
  const text = input("text", "float32", [2, 24]);
  const outputs = Object.fromEntries(prior.looks.map((_, look) => [`latent.${look}`, prior.latent(text, look)]));
  const program = await compile(outputs, { threads: 1 });
  const result = await program.run({ text: reference("text") });
  await program.dispose();
  for (const name of Object.keys(outputs)) {
    expect(largestError(result[name]!, reference(name))).toBeLessThan(1e-4);
  }
  expect(largestError(result["latent.0"]!, result["latent.1"]!)).toBeGreaterThan(0.1);
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
  [{ seed_side: 1e9 }, /config\.json: seed_side: /],
  [{ levels: [] }, /config\.json: levels: /],
  [{ levels: [{ channels: 33, blocks: 1 }] }, /levels\.0\.channels: .* multiple of 32/],
  [{ looks: ["flat", "flat"] }, /looks: a name is given twice/],
  [{ looks: ["flat"] }, /model\.safetensors: looks\.weight: expected \[1,24\], found \[3,24\]/],
  [{ levels: [{ channels: 64, blocks: 1 }, { channels: 32, blocks: 1 }] }, /not part of the model: levels\.1\.blocks\.1/], // biome-ignore format: one case
  [{ levels: Array(3).fill({ channels: 64, blocks: 2 }) }, /missing: levels\.0\.blocks\.1/],
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
