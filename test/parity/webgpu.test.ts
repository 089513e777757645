/** Whole programs on WebGPU, in software: every op placed there, and the numbers those of PyTorch and of the CPU. */
import { expect, test } from "vitest";
import { NDArray } from "../../src/core/ndarray.js";
import { Random } from "../../src/core/random.js";
import { sizeOf } from "../../src/core/shape.js";
import type { Tensor } from "../../src/graph/tensor.js";
import { variableShape } from "../../src/guidance/latent-kind.js";
import { presets } from "../../src/guidance/presets.js";
import type { Settings } from "../../src/guidance/settings.js";
import { buildStep } from "../../src/guidance/step.js";
import { readVgg19 } from "../../src/models/classifier/read.js";
import { loadClip, loadGenerator } from "../../src/models/load.js";
import { onDisk } from "../../src/models/on-disk.js";
import { reconstruct } from "../../src/pair/reconstruct.js";
import { embedPictures, embedTexts } from "../../src/prompts/prompt-embedding.js";
import type { Device } from "../../src/runtime/devices.js";
import { compile } from "../../src/runtime/program.js";
import { fixture, fixturePath, relativeError, stepFeeds } from "../support/fixtures.js";
import { setUpSoftwareVulkan } from "../support/software-vulkan.js";

const missing = setUpSoftwareVulkan();
const TIMEOUT = 600_000;
const models = async () => ({
  generator: await loadGenerator(fixturePath("vqgan")),
  perceptor: await loadClip(fixturePath("clip-quick-gelu")),
  classifier: await readVgg19(await onDisk(fixturePath("styling/vgg19.pth"))),
});

const inSoftware = process.env.SOFTWARE_WEBGPU === "1";
test.skipIf(!inSoftware)(
  `the step of one whole cutout agrees with PyTorch${inSoftware ? "" : " (skipped: slow, asked for by SOFTWARE_WEBGPU=1)"}`,
  async ({ skip }) => {
    if (missing) skip(missing);
    const reference = await fixture("step/step.safetensors");
    const common: Settings = { ...presets.notebook, prompts: "a | b | c | d | e", size: [56, 40], seed: 0 };
    const settings: Settings = { ...common, cutouts: 1, cutMethod: "whole", augmentations: [] };
    const { gradient, losses, image } = buildStep(await models(), settings, [1, 16, 20, 28], 5);
    const program = await compile({ gradient: gradient as Tensor, losses, image }, { device: "webgpu" });
    const feeds = stepFeeds(reference);
    const result = await program.run(feeds);
    await program.dispose();
    expect(relativeError(result.image, reference("whole.image"))).toBeLessThan(1e-5);
    expect(relativeError(result.losses, reference("whole.losses"))).toBeLessThan(1e-5);
    expect(relativeError(result.gradient, reference("whole.dz"))).toBeLessThan(1e-4);
  },
  TIMEOUT,
);

for (const [name, preset] of Object.entries(presets)) {
  test(
    `all of a step of preset ${name} runs there`,
    async ({ skip }) => {
      if (missing) skip(missing);
      const settings: Settings = { ...preset, prompts: "a", size: [56, 40], seed: 0 };
      const pair = await models();
      const shape = variableShape(pair.generator, settings, [40, 56]);
      const { gradient, losses, image } = buildStep(pair, settings, shape, 1);
      const program = await compile({ ...(gradient && { gradient }), losses, image }, { device: "webgpu" });
      expect(program.device).toBe("webgpu");
      await program.dispose();
    },
    TIMEOUT,
  );
}

test(
  "texts, pictures and reconstructions agree with the CPU",
  async ({ skip }) => {
    if (missing) skip(missing);
    const { generator, perceptor } = await models();
    const random = new Random(1);
    const noise = (...shape: number[]) =>
      NDArray.float32(
        shape,
        Float32Array.from({ length: sizeOf(shape) }, () => random.uniform()),
      );
    const [picture, view] = [noise(3, 24, 32), noise(1, 3, perceptor.inputSize, perceptor.inputSize)];
    const results = async (device: Device) => ({
      texts: await embedTexts(perceptor, ["a castle", "rain"], { device, threads: 1 }),
      pictures: await embedPictures(perceptor, view, { device, threads: 1 }),
      made: await reconstruct(generator, picture, { device, threads: 1 }),
    });
    const [there, here] = [await results("webgpu"), await results("cpu")];
    expect(relativeError(there.texts, here.texts)).toBeLessThan(1e-5);
    expect(relativeError(there.pictures, here.pictures)).toBeLessThan(1e-5);
    expect(there.made.codes?.data).toEqual(here.made.codes?.data);
    expect(relativeError(there.made.picture, here.made.picture)).toBeLessThan(1e-5);
  },
  TIMEOUT,
);
