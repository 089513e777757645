/** Autoencoders of the diffusers library against itself: encode, decode, the gradient of the latent, and files that do not fit. */
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { describeFolder } from "../../src/cli/describe-model.js";
import { NDArray } from "../../src/core/ndarray.js";
import { input, type Tensor } from "../../src/graph/tensor.js";
import { encoderOf, type Generator } from "../../src/models/generator.js";
import { loadGenerator } from "../../src/models/load.js";
import { compile } from "../../src/runtime/program.js";
import { openSafetensors } from "../../src/weights/open-file.js";
import { writeSafetensors } from "../../src/weights/safetensors.js";
import { inEmptyFolder } from "../support/cli.js";
import { fixture, fixturePath, relativeError } from "../support/fixtures.js";

type Reference = (tensor: string) => NDArray;

/** The reference's picture encoded, its latent decoded, and the latent's gradient. */
async function compute(generator: Generator, reference: Reference, recompute = false) {
  const given = input("given", "float32", reference("given").shape);
  const y = generator.decode(given, { recompute });
  const [dz] = grad(y, [given], input("ct", "float32", reference("ct").shape)) as [Tensor];
  const z = encoderOf(generator, "test")(input("x", "float32", reference("x").shape));
  const quantized = generator.codebook?.quantize(z);
  const outputs: Record<string, Tensor> = { y, dz, z, ...(quantized && { ...quantized }) };
  const program = await compile(outputs, { threads: 1 });
  const result = await program.run({ given: reference("given"), ct: reference("ct"), x: reference("x") });
  await program.dispose();
  return result;
}

test.each([
  ["diffusers-vq", 6, 32],
  ["diffusers-kl", 4, 32],
  ["diffusers-kl-bare", 8, 32], // without 1x1 convolutions and without attention, scaled and shifted
  ["diffusers-tiny", 4, 256],
])("%s: encode, decode and the latent's gradient agree", async (folder, channels, resolution) => {
  const reference = await fixture(`${folder}/expected.safetensors`);
  const generator = await loadGenerator(fixturePath(folder));
  const factor = folder === "diffusers-tiny" ? 4 : 2;
  expect(generator).toMatchObject({ name: folder, factor, resolution });
  expect(generator.latentShape([6 * factor, 10 * factor])).toEqual([1, channels, 6, 10]);
  for (const recompute of [false, true]) {
    const result = await compute(generator, reference, recompute);
    for (const name of ["z", "y", "dz"]) {
      expect(relativeError(result[name] as NDArray, reference(name)), name).toBeLessThan(1e-5);
    }
    if (!generator.codebook) continue;
    expect(Array.from((result.indices as NDArray).data, Number)).toEqual(Array.from(reference("indices").data, Number));
    expect(relativeError(result.zq as NDArray, reference("zq"))).toBeLessThan(1e-6);
  }
});

test("a pipeline's vae/, the weights file itself, and the names of old files", () =>
  inEmptyFolder(async (folder) => {
    const reference = await fixture("diffusers-kl/expected.safetensors");
    const vae = join(folder, "vae");
    await mkdir(vae);
    await cp(fixturePath("diffusers-kl/config.json"), join(vae, "config.json"));
    const dict = await openSafetensors(fixturePath("diffusers-kl/diffusion_pytorch_model.safetensors"));
    const old: Record<string, string> = { to_q: "query", to_k: "key", to_v: "value", "to_out.0": "proj_attn" };
    const arrays: Record<string, NDArray> = {};
    for (const name of dict.names) {
      arrays[name.replace(/to_q|to_k|to_v|to_out\.0/, (map) => old[map] as string)] = await dict.read(name);
    }
    const file = join(vae, "diffusion_pytorch_model.safetensors");
    await writeFile(file, writeSafetensors(arrays));
    for (const path of [folder, vae, file]) {
      const result = await compute(await loadGenerator(path), reference);
      expect(relativeError(result.y as NDArray, reference("y"))).toBeLessThan(1e-5);
    }
  }));

/** latent-diffusion's own names, which are those of taming-transformers. */
const firstName = (name: string) =>
  name
    .replace(/mid_block\.resnets\.(\d)/, (_, i) => `mid.block_${Number(i) + 1}`)
    .replace("mid_block.attentions.0", "mid.attn_1")
    .replace(/down_blocks\.(\d)/, "down.$1")
    .replace(/up_blocks\.(\d)/, (_, i) => `up.${1 - Number(i)}`)
    .replace("resnets", "block")
    .replace("samplers.0", "sample")
    .replace("conv_norm_out", "norm_out")
    .replace("group_norm", "norm")
    .replace("to_out.0", "proj_out")
    .replace(/to_(q|k|v)\./, "$1.");

test("a latent diffusion checkpoint of the first form holds the same autoencoder", () =>
  inEmptyFolder(async (folder) => {
    const reference = await fixture("diffusers-kl/expected.safetensors");
    const dict = await openSafetensors(fixturePath("diffusers-kl/diffusion_pytorch_model.safetensors"));
    const arrays: Record<string, NDArray> = { "model.diffusion_model.out.bias": NDArray.zeros("float32", [4]) };
    for (const name of dict.names) {
      const array = await dict.read(name);
      const shape = /to_.*weight/.test(name) ? [...array.shape, 1, 1] : array.shape;
      arrays[`first_stage_model.${firstName(name)}`] = array.reshape(shape);
    }
    await writeFile(join(folder, "model.safetensors"), writeSafetensors(arrays));
    const yaml = (doubled: boolean) => `model:
  target: ldm.models.diffusion.ddpm.LatentDiffusion
  params:
    scale_factor: 0.25
    first_stage_config:
      target: ldm.models.autoencoder.AutoencoderKL
      params:
        embed_dim: 4
        ddconfig: { double_z: ${doubled}, z_channels: 4, resolution: 32, ch: 32, ch_mult: [1, 1], num_res_blocks: 1, attn_resolutions: [] }
`;
    await writeFile(join(folder, "config.yaml"), yaml(true));
    const generator = await loadGenerator(folder);
    expect(generator.codebook).toBeUndefined();
    const result = await compute(generator, reference);
    for (const name of ["z", "y", "dz"]) {
      expect(relativeError(result[name] as NDArray, reference(name)), name).toBeLessThan(1e-5);
    }
    await writeFile(join(folder, "config.yaml"), yaml(false));
    await expect(loadGenerator(folder)).rejects.toThrow("double_z: expected true");
  }));

test("models ls and inspect tell their folders from a CLIP's", async () => {
  const facts = async (folder: string) => (await describeFolder(fixturePath(folder)))[0];
  expect(await facts("diffusers-kl")).toMatchObject({ kind: "autoencoder", facts: { factor: 2, channels: 4 } });
  expect(await facts("diffusers-vq")).toMatchObject({ kind: "VQGAN", facts: { codes: 40, encodes: true } });
  expect(await facts("clip-gelu")).toMatchObject({ kind: "CLIP" });
});

test("what does not fit is named", () =>
  inEmptyFolder(async (folder) => {
    const config = JSON.parse(await readFile(fixturePath("diffusers-kl/config.json"), "utf8"));
    const weights = "diffusion_pytorch_model.safetensors";
    const refuses = async (changes: object, message: string) => {
      await writeFile(join(folder, "config.json"), JSON.stringify({ ...config, ...changes }));
      await expect(loadGenerator(folder)).rejects.toMatchObject({
        code: "BAD_MODEL",
        message: expect.stringContaining(message),
      });
    };
    await refuses({}, `${weights}: no such file; a model of diffusers needs it`);
    await cp(fixturePath(`diffusers-kl/${weights}`), join(folder, weights));
    await refuses({ _class_name: "UNet2DConditionModel" }, "UNet2DConditionModel is no generator");
    await refuses({ down_block_types: ["CrossAttnDownBlock2D"] }, "down_block_types.0");
    await refuses({ block_out_channels: [32] }, "do not fit");
    await refuses({ norm_num_groups: 3 }, "32 channels do not split into 3 groups");
    await refuses({ latent_channels: 5 }, "encoder.conv_out.weight: expected [10,32,3,3], found [8,32,3,3]");
    await refuses({ mid_block_add_attention: false }, "not part of the model: ");
    await refuses({ _class_name: "VQModel" }, "missing: quantize.embedding.weight");
    await refuses({ _class_name: "AutoencoderTiny", act_fn: "relu" }, "missing: encoder.layers.0.weight");
    await refuses(
      { _class_name: "AutoencoderTiny", act_fn: "relu", num_encoder_blocks: [1] },
      "as many blocks as channels",
    );
  }));
