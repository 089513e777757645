/** Consistency models against the diffusers library: the picture of noise in one step, the noise's gradient, and a picture under noise. */
import { cp, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { describeFolder } from "../../src/cli/describe-model.js";
import { NDArray } from "../../src/core/ndarray.js";
import { input, type Tensor } from "../../src/graph/tensor.js";
import { parsePixelUNetConfig } from "../../src/models/diffusion/pixel-unet-config.js";
import { encoderOf } from "../../src/models/generator.js";
import { loadGenerator } from "../../src/models/load.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { compile } from "../../src/runtime/program.js";
import { inEmptyFolder } from "../support/cli.js";
import { fixture, fixturePath, relativeError } from "../support/fixtures.js";
import { refusesIn } from "../support/refused-folder.js";

/** The library bounds what the net says; here the step's own clamp does. */
const bounded = (picture: NDArray) =>
  NDArray.float32(
    picture.shape,
    picture.floats().map((value) => Math.min(1, Math.max(-1, value))),
  );

test.each([
  ["diffusion-consistency", 2, true],
  ["diffusion-consistency-plain", 4, false],
] as const)("%s: picture, gradient of the noise, and edit agree", async (name, factor, recompute) => {
  const reference = await fixture(`${name}/expected.safetensors`);
  const generator = await loadGenerator(fixturePath(name));
  expect(generator).toMatchObject({ name, factor, resolution: 16 });
  expect(generator.text).toBeUndefined();
  expect(generator.latentShape([16, 24])).toEqual([1, 3, 16, 24]);

  const noise = input("noise", "float32", reference("noise").shape);
  const picture = generator.decode(noise, { recompute });
  const [dnoise] = grad(picture, [noise], input("ct", "float32", noise.shape)) as [Tensor];
  const noising = 19 / 39; // where the library's schedule of 40 has its 20th time
  const encoded = encoderOf(generator, "test")(input("x", "float32", noise.shape), { noising });
  const over = mul(input("over", "float32", noise.shape), generator.noiseAt?.(noising) as number);
  const start = add(encoded, over);
  const edited = generator.decode(start, { noising });
  const program = await compile({ picture, dnoise, start, edited }, { threads: 1 });
  const feeds = {
    noise: reference("noise"),
    ct: reference("ct"),
    x: reference("edit.x"),
    over: reference("edit.noise"),
  };
  const result = await program.run(feeds);
  await program.dispose();
  expect(relativeError(bounded(result.picture), reference("picture"))).toBeLessThan(1e-4);
  expect(relativeError(result.start, reference("edit.start"))).toBeLessThan(1e-4);
  // The library computes the sines of the time, 1095.5, in float32: 6e-5 of a radian astray.
  expect(relativeError(result.dnoise, reference("dnoise"))).toBeLessThan(5e-4);
  expect(relativeError(bounded(result.edited), reference("edit.picture"))).toBeLessThan(5e-4);
});

test("the norm before the middle's attention: its own groups, the net's, or none where time scales", async () => {
  const config = JSON.parse(await readFile(fixturePath("diffusion-consistency/unet/config.json"), "utf8"));
  const groups = (changes: object) => parsePixelUNetConfig({ ...config, ...changes }, "config.json").middle?.attention;
  expect(groups({})).toEqual({ groups: 2 });
  expect(groups({ attn_norm_num_groups: null })).toEqual({ groups: undefined });
  expect(groups({ attn_norm_num_groups: null, resnet_time_scale_shift: "default" })).toEqual({ groups: 4 });
  expect(groups({ add_attention: false })).toBeUndefined();
});

test("models ls tells it, and what is not read is named", () =>
  inEmptyFolder(async (folder) => {
    await cp(fixturePath("diffusion-consistency"), folder, { recursive: true });
    const [facts] = await describeFolder(folder);
    expect(facts).toMatchObject({ kind: "diffusion model", facts: { factor: 2, channels: 3, resolution: 16 } });
    const refuses = refusesIn(folder);
    await refuses("scheduler/scheduler_config.json", { _class_name: "DDPMScheduler" }, "only consistency models draw");
    await refuses("unet/config.json", { num_class_embeds: 1000 }, "a net of classes is not read");
    await refuses("unet/config.json", { in_channels: 4 }, "in_channels is 4, a picture has 3");
    await refuses("unet/config.json", { attention_head_dim: 3 }, "16 channels do not split into heads of 3");
    await refuses("unet/config.json", { upsample_type: "conv" }, "missing: up_blocks.0.upsamplers.0.conv.");
    await refuses("unet/config.json", { up_block_types: ["UpBlock2D"] }, "2 block_out_channels and 1 up_block_types");
  }));
