/**
 * The settings of published checkpoints are read and understood: fields and values as their files, or the libraries that
 * wrote them, have them, with some of those that steer no model.
 */

import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { parseBertConfig } from "./bert/config.js";
import { parseClipConfig } from "./clip/config.js";
import { parseOpenClipConfig } from "./clip/open-clip-config.js";
import { parseSiglipConfig } from "./siglip/config.js";
import { parseTinyConfig } from "./tiny/config.js";
import { factorOf, parseVqganConfig } from "./vqgan/config.js";
import { parseDiffusersConfig } from "./vqgan/diffusers.js";

describe("Hugging Face's CLIPModel", () => {
  /** openai/clip-vit-base-patch32: all fields of a tower are written out, most of them about generating text. */
  const noise = { add_cross_attention: false, bad_words_ids: null, max_length: 20, projection_dim: 512, top_k: 50 };
  const shared = { ...noise, hidden_act: "quick_gelu", layer_norm_eps: 1e-5, num_hidden_layers: 12 };
  const base = {
    _name_or_path: "openai/clip-vit-base-patch32",
    architectures: ["CLIPModel"],
    initializer_factor: 1,
    logit_scale_init_value: 2.6592,
    model_type: "clip",
    projection_dim: 512,
    text_config: {
      ...shared,
      model_type: "clip_text_model",
      bos_token_id: 0,
      eos_token_id: 2,
      pad_token_id: 1,
      hidden_size: 512,
      intermediate_size: 2048,
      max_position_embeddings: 77,
      num_attention_heads: 8,
      vocab_size: 49408,
    },
    text_config_dict: null,
    transformers_version: null,
    vision_config: {
      ...shared,
      model_type: "clip_vision_model",
      eos_token_id: null,
      hidden_size: 768,
      intermediate_size: 3072,
      num_attention_heads: 12,
      image_size: 224,
      patch_size: 32,
    },
    vision_config_dict: null,
  };

  test("openai/clip-vit-base-patch32", () => {
    const preprocessor = {
      crop_size: 224,
      do_center_crop: true,
      do_normalize: true,
      do_resize: true,
      resample: 3,
      size: 224,
    };
    expect(parseClipConfig(base, preprocessor)).toMatchObject({
      embeddingSize: 512,
      text: {
        width: 512,
        mlpWidth: 2048,
        layers: 12,
        heads: 8,
        vocabulary: 49408,
        contextLength: 77,
        endToken: undefined,
      },
      image: { width: 768, mlpWidth: 3072, layers: 12, heads: 12, size: 224, patch: 32, activation: "quick_gelu" },
    });
  });

  test("towers that stand in ..._dict alone count", () => {
    const { text_config, vision_config, ...rest } = base;
    const config = {
      ...rest,
      text_config_dict: text_config,
      vision_config_dict: vision_config,
      text_config: {},
      vision_config: null,
    };
    expect(parseClipConfig(config)).toEqual(parseClipConfig(base));
  });
});

describe("OpenCLIP's model_cfg", () => {
  type Facts = readonly [
    embed: number,
    vision: object,
    text: readonly [width: number, heads: number, layers: number],
    more?: object,
  ];
  const models: Readonly<Record<string, Facts>> = {
    "ViT-B-32": [512, { image_size: 224, layers: 12, width: 768, patch_size: 32 }, [512, 8, 12]],
    "ViT-B-32-quickgelu": [
      512,
      { image_size: 224, layers: 12, width: 768, patch_size: 32 },
      [512, 8, 12],
      { quick_gelu: true },
    ],
    "ViT-B-32-256": [512, { image_size: 256, layers: 12, width: 768, patch_size: 32 }, [512, 8, 12]],
    "ViT-B-16": [512, { image_size: 224, layers: 12, width: 768, patch_size: 16 }, [512, 8, 12]],
    "ViT-B-16-plus-240": [640, { image_size: 240, layers: 12, width: 896, patch_size: 16 }, [640, 10, 12]],
    "ViT-L-14": [768, { image_size: 224, layers: 24, width: 1024, patch_size: 14 }, [768, 12, 12]],
    "ViT-L-14-336": [768, { image_size: 336, layers: 24, width: 1024, patch_size: 14 }, [768, 12, 12]],
    "ViT-H-14": [1024, { image_size: 224, layers: 32, width: 1280, head_width: 80, patch_size: 14 }, [1024, 16, 24]],
    "ViT-H-14-378-quickgelu": [
      1024,
      { image_size: 378, layers: 32, width: 1280, head_width: 80, patch_size: 14 },
      [1024, 16, 24],
      { quick_gelu: true },
    ],
    "ViT-g-14": [
      1024,
      { image_size: 224, layers: 40, width: 1408, head_width: 88, mlp_ratio: 4.3637, patch_size: 14 },
      [1024, 16, 24],
    ],
    "ViT-bigG-14": [
      1280,
      { image_size: 224, layers: 48, width: 1664, head_width: 104, mlp_ratio: 4.9231, patch_size: 14 },
      [1280, 20, 32],
    ],
    RN50: [1024, { image_size: 224, layers: [3, 4, 6, 3], width: 64, patch_size: null }, [512, 8, 12]],
    "RN101-quickgelu": [
      512,
      { image_size: 224, layers: [3, 4, 23, 3], width: 64, patch_size: null },
      [512, 8, 12],
      { quick_gelu: true },
    ],
    RN50x4: [640, { image_size: 288, layers: [4, 6, 10, 6], width: 80, patch_size: null }, [640, 10, 12]],
    RN50x16: [768, { image_size: 384, layers: [6, 8, 18, 8], width: 96, patch_size: null }, [768, 12, 12]],
    RN50x64: [1024, { image_size: 448, layers: [3, 15, 36, 10], width: 128, patch_size: null }, [1024, 16, 12]],
  };
  /** As OpenCLIP pushes it to the hub. */
  const file = ([embed_dim, vision_cfg, [width, heads, layers], more]: Facts, text: object = {}) => ({
    model_cfg: {
      embed_dim,
      ...more,
      vision_cfg,
      text_cfg: { context_length: 77, vocab_size: 49408, width, heads, layers, ...text },
    },
    preprocess_cfg: {
      mean: [0.48, 0.46, 0.41],
      std: [0.27, 0.26, 0.28],
      interpolation: "bicubic",
      resize_mode: "shortest",
    },
  });

  test.each(Object.entries(models))("%s", (_, facts) => {
    const [embed, vision, [width, heads, layers], more] = facts;
    const config = parseOpenClipConfig(file(facts));
    const { width: across, image_size: size } = vision as { width: number; image_size: number };
    expect(config).toMatchObject({
      embeddingSize: embed,
      text: { width, heads, layers },
      image: { width: across, size },
    });
    expect(config.text.activation).toBe(more ? "quick_gelu" : "gelu");
    expect(config.pixelMean).toEqual([0.48, 0.46, 0.41]);
  });

  test("widths that ratios give are whole", () => {
    const mlp = (name: string) =>
      (parseOpenClipConfig(file(models[name] as Facts)).image as { mlpWidth: number }).mlpWidth;
    expect([mlp("ViT-g-14"), mlp("ViT-bigG-14")]).toEqual([6144, 8192]);
  });

  test("a text tower may name its tokenizer", () => {
    const text = { hf_tokenizer_name: "openai/clip-vit-large-patch14", tokenizer_kwargs: { clean: "lower" } };
    expect(parseOpenClipConfig(file(models["ViT-B-32"] as Facts, text)).text.width).toBe(512);
  });

  test("other towers are refused by name, with what works", () => {
    const siglip = {
      model_cfg: {
        embed_dim: 768,
        init_logit_bias: -10,
        custom_text: true,
        vision_cfg: {
          image_size: 224,
          timm_model_name: "vit_base_patch16_siglip_224",
          timm_pool: "map",
          timm_proj: "none",
        },
        text_cfg: { context_length: 64, vocab_size: 32000, no_causal_mask: true, proj_bias: true, pool_type: "last" },
      },
    };
    const refusal = (config: unknown) => {
      try {
        return parseOpenClipConfig(config);
      } catch (error) {
        return error;
      }
    };
    expect(refusal(siglip)).toMatchObject({
      code: "BAD_MODEL",
      message: expect.stringContaining('"custom_text"'),
      hint: expect.stringContaining("google/siglip-base-patch16-224"),
    });
    const averaged = file([
      1024,
      { ...(models["ViT-H-14"] as Facts)[1], no_ln_pre: true, pool_type: "avg" },
      [1024, 16, 24],
    ]);
    expect(refusal(averaged)).toMatchObject({ code: "BAD_MODEL", hint: expect.stringContaining("OpenAI's towers") });
  });
});

describe("Hugging Face's SiglipModel", () => {
  const preprocessor = (side: number) => ({
    do_normalize: true,
    do_resize: true,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
    image_processor_type: "SiglipImageProcessor",
    resample: 3,
    size: { height: side, width: side },
  });
  const config = (text: object, vision: object) => ({
    architectures: ["SiglipModel"],
    initializer_factor: 1,
    model_type: "siglip",
    text_config: { model_type: "siglip_text_model", ...text },
    vision_config: { model_type: "siglip_vision_model", ...vision },
    torch_dtype: "float32",
  });
  const large = { hidden_size: 1024, intermediate_size: 4096, num_attention_heads: 16, num_hidden_layers: 24 };
  const so400m = { hidden_size: 1152, intermediate_size: 4304, num_attention_heads: 16, num_hidden_layers: 27 };

  test.each([
    ["google/siglip-base-patch16-224", {}, {}, 224, 768],
    ["google/siglip-base-patch16-384", {}, { image_size: 384 }, 384, 768],
    ["google/siglip-large-patch16-384", large, { ...large, image_size: 384 }, 384, 1024],
    ["google/siglip-so400m-patch14-384", so400m, { ...so400m, image_size: 384, patch_size: 14 }, 384, 1152],
  ])("%s", (_, text, vision, side, width) => {
    const parsed = parseSiglipConfig(config(text, vision), preprocessor(side));
    expect(parsed).toMatchObject({
      embeddingSize: width,
      text: { width, contextLength: 64, activation: "gelu_tanh", layerNormEpsilon: 1e-6 },
      image: { width, size: side },
      pixelMean: [0.5, 0.5, 0.5],
    });
  });
});

describe("the diffusers library's", () => {
  const down = (count: number, attends: readonly number[] = []) =>
    Array.from({ length: count }, (_, i) => (attends.includes(i) ? "AttnDownEncoderBlock2D" : "DownEncoderBlock2D"));
  const up = (count: number, attends: readonly number[] = []) =>
    Array.from({ length: count }, (_, i) => (attends.includes(i) ? "AttnUpDecoderBlock2D" : "UpDecoderBlock2D"));

  test("stabilityai/sd-vae-ft-mse, written before scaling_factor was", () => {
    const config = {
      _class_name: "AutoencoderKL",
      _diffusers_version: "0.4.2",
      act_fn: "silu",
      block_out_channels: [128, 256, 512, 512],
      down_block_types: down(4),
      in_channels: 3,
      latent_channels: 4,
      layers_per_block: 2,
      norm_num_groups: 32,
      out_channels: 3,
      sample_size: 256,
      up_block_types: up(4),
    };
    const parsed = parseDiffusersConfig(config, "config.json");
    expect(parsed).toMatchObject({ kind: "kl", codeChannels: 4, scale: 0.18215, shift: 0, resolution: 256 });
    expect(factorOf(parsed)).toBe(8);
    // stabilityai/sdxl-vae, FLUX's
    const { scaling_factor, ...xl } = { ...config, force_upcast: true, scaling_factor: 0.13025, sample_size: 1024 };
    expect(parseDiffusersConfig({ ...xl, scaling_factor }, "config.json").scale).toBe(0.13025);
    const flux = {
      ...config,
      latent_channels: 16,
      scaling_factor: 0.3611,
      shift_factor: 0.1159,
      use_quant_conv: false,
      use_post_quant_conv: false,
    };
    expect(parseDiffusersConfig(flux, "config.json")).toMatchObject({
      shift: 0.1159,
      codeConvs: { to: false, from: false },
    });
  });

  test("CompVis/ldm-celebahq-256's vqvae, written before norm_num_groups was", () => {
    const config = {
      _class_name: "VQModel",
      _diffusers_version: "0.1.2",
      act_fn: "silu",
      block_out_channels: [128, 256, 512],
      down_block_types: down(3),
      in_channels: 3,
      latent_channels: 3,
      layers_per_block: 2,
      num_vq_embeddings: 8192,
      out_channels: 3,
      sample_size: 256,
      up_block_types: up(3),
    };
    const parsed = parseDiffusersConfig(config, "config.json");
    expect(parsed).toMatchObject({ kind: "vq", codes: 8192, codeChannels: 3, groups: 32 });
    expect(factorOf(parsed)).toBe(4);
  });

  test("Kandinsky's movq, whose norms look at the latent, is refused by name", () => {
    const config = {
      _class_name: "VQModel",
      block_out_channels: [128, 256, 256, 512],
      down_block_types: down(4, [3]),
      latent_channels: 4,
      layers_per_block: 2,
      norm_type: "spatial",
      num_vq_embeddings: 16384,
      sample_size: 32,
      scaling_factor: 0.18215,
      up_block_types: up(4, [0]),
      vq_embed_dim: 4,
    };
    expect(() => parseDiffusersConfig(config, "config.json")).toThrow(
      "config.json: norm_type: norms that look at the latent",
    );
    expect(
      parseDiffusersConfig({ ...config, norm_type: "group" }, "config.json").encoder.map(({ attends }) => attends),
    ).toEqual([false, false, false, true]);
  });

  test("madebyollin/taesd", () => {
    const config = {
      _class_name: "AutoencoderTiny",
      act_fn: "relu",
      decoder_block_out_channels: [64, 64, 64, 64],
      encoder_block_out_channels: [64, 64, 64, 64],
      force_upcast: false,
      in_channels: 3,
      latent_channels: 4,
      latent_magnitude: 3,
      latent_shift: 0.5,
      num_decoder_blocks: [3, 3, 3, 1],
      num_encoder_blocks: [1, 3, 3, 3],
      out_channels: 3,
      scaling_factor: 1,
      shift_factor: 0,
      upsample_fn: "nearest",
      upsampling_scaling_factor: 2,
    };
    expect(parseTinyConfig(config, "config.json")).toMatchObject({ latentChannels: 4, scale: 1 });
  });
});

describe("yaml of", () => {
  interface Stage {
    readonly target: string;
    readonly embed: number;
    readonly codes?: number;
    readonly mult: readonly number[];
    readonly attends: readonly number[];
    readonly kl?: boolean;
  }
  const stage = ({ target, embed, codes, mult, attends, kl = false }: Stage) => ({
    base_learning_rate: 4.5e-6,
    target,
    params: {
      embed_dim: embed,
      ...(codes && { n_embed: codes }),
      monitor: "val/rec_loss",
      ddconfig: {
        double_z: kl,
        z_channels: embed,
        resolution: 256,
        in_channels: 3,
        out_ch: 3,
        ch: 128,
        ch_mult: mult,
        num_res_blocks: 2,
        attn_resolutions: attends,
        dropout: 0,
      },
      lossconfig: { target: "torch.nn.Identity" },
    },
  });
  const f8 = { target: "ldm.models.autoencoder.VQModel", embed: 4, codes: 16384, mult: [1, 2, 2, 4], attends: [32] };

  test.each([
    [
      "taming's vqgan_imagenet_f16_1024",
      { target: "taming.models.vqgan.VQModel", embed: 256, codes: 1024, mult: [1, 1, 2, 2, 4], attends: [16] },
      "vq",
      16,
    ],
    [
      "taming's vqgan_imagenet_f16_16384",
      { target: "taming.models.vqgan.VQModel", embed: 256, codes: 16384, mult: [1, 1, 2, 2, 4], attends: [16] },
      "vq",
      16,
    ],
    [
      "latent diffusion's vq-f4",
      { target: "ldm.models.autoencoder.VQModel", embed: 3, codes: 8192, mult: [1, 2, 4], attends: [] },
      "vq",
      4,
    ],
    ["latent diffusion's vq-f8", f8, "vq", 8],
    [
      "latent diffusion's kl-f8",
      { target: "ldm.models.autoencoder.AutoencoderKL", embed: 4, mult: [1, 2, 4, 4], attends: [], kl: true },
      "kl",
      8,
    ],
  ] as const)("%s", async (_, facts, kind, factor) => {
    const parsed = await parseVqganConfig(
      stringify({ model: stage(facts), data: { target: "main.DataModuleFromConfig" } }),
    );
    expect(parsed).toMatchObject({ kind, codes: (facts as Stage).codes ?? 0, codeChannels: facts.embed, prefix: "" });
    expect(factorOf(parsed)).toBe(factor);
  });

  test("a whole diffusion model, cin256", async () => {
    const model = {
      target: "ldm.models.diffusion.ddpm.LatentDiffusion",
      params: {
        timesteps: 1000,
        first_stage_config: stage({ ...f8, target: "ldm.models.autoencoder.VQModelInterface" }),
      },
    };
    expect(await parseVqganConfig(stringify({ model }))).toMatchObject({
      kind: "vq",
      prefix: "first_stage_model.",
      scale: 1,
    });
  });
});

test("ImageReward's med_config.json", () => {
  const file = {
    architectures: ["BertModel"],
    attention_probs_dropout_prob: 0.1,
    hidden_act: "gelu",
    hidden_dropout_prob: 0.1,
    hidden_size: 768,
    initializer_range: 0.02,
    intermediate_size: 3072,
    layer_norm_eps: 1e-12,
    max_position_embeddings: 512,
    model_type: "bert",
    num_attention_heads: 12,
    num_hidden_layers: 12,
    pad_token_id: 0,
    type_vocab_size: 2,
    vocab_size: 30524,
    encoder_width: 768,
    add_cross_attention: true,
  };
  const config = parseBertConfig(file, "bert", "med_config.json");
  expect(config).toMatchObject({ vocabulary: 30524, width: 768, layers: 12, heads: 12, positions: 512 });
});
