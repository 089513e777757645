/** Published weights by name: what they are, under which licence, and where they may be had. */
import { type WeightStems, weightNames, weightStems } from "../core/weight-names.js";

/** A reward scores pictures: a head on a CLIP's embedding, or ImageReward; a CLIP that was trained to score is a CLIP. */
export type ModelKind = "CLIP" | "VQGAN" | "classifier" | "reward";

/** One file by the names it may have, best first. */
export interface HubChoice {
  readonly names: readonly string[];
  readonly optional?: boolean;
}

export type Source =
  | { readonly kind: "hub"; readonly repo: string; readonly revision: string; readonly files: readonly HubChoice[] }
  /** Plain addresses of the files that a folder of ours holds. */
  | { readonly kind: "addresses"; readonly of: string; readonly files: Readonly<Record<string, string>> };

export interface Published {
  readonly name: string;
  readonly kind: ModelKind;
  readonly about: string;
  /** What its makers say; undefined of models that are not in the list: their page has to be read. */
  readonly licence: string | undefined;
  /** Roughly, for those sources that do not say it themselves. */
  readonly bytes: number | undefined;
  /** Tried in this order. */
  readonly sources: readonly Source[];
}

/** A CLIPModel folder, else an OpenCLIP one. */
const clipFiles: readonly HubChoice[] = [
  { names: ["config.json", "open_clip_config.json"] },
  { names: ["preprocessor_config.json"], optional: true },
  { names: ["tokenizer.json", "merges.txt", "vocab.txt"] },
  { names: ["tokenizer_config.json"], optional: true },
  { names: [...weightNames(weightStems.transformers), ...weightNames(weightStems.openClip)] },
];

/** A folder of the sentence-transformers library, or of M-CLIP, whose single parts are optional. */
const textTowerFiles: readonly HubChoice[] = [
  { names: ["config.json"] },
  { names: ["tokenizer.json", "vocab.txt"] },
  { names: ["tokenizer_config.json"], optional: true },
  { names: weightNames(weightStems.transformers) },
  ...["modules.json", "sentence_bert_config.json", "1_Pooling/config.json", "2_Dense/config.json"].map((name) => ({
    names: [name],
    optional: true,
  })),
  { names: ["2_Dense/model.safetensors", "2_Dense/pytorch_model.bin"], optional: true },
];

/** An OpenCLIP folder; what else the repository holds belongs to other libraries. */
const openClipFiles: readonly HubChoice[] = [
  { names: ["open_clip_config.json"] },
  { names: ["tokenizer.json"] },
  { names: weightNames(weightStems.openClip) },
];

function clip(repo: string, about: string, licence: string | undefined, bytes?: number, files = clipFiles): Published {
  return { name: repo, kind: "CLIP", about, licence, bytes, sources: [{ kind: "hub", repo, revision: "main", files }] };
}

/** A folder of the diffusers library that holds an autoencoder. */
const autoencoderFiles: readonly HubChoice[] = [
  { names: ["config.json"] },
  { names: weightNames(weightStems.diffusers) },
];

function autoencoder(repo: string, about: string, licence: string, bytes: number): Published {
  const sources = [{ kind: "hub", repo, revision: "main", files: autoencoderFiles }] as const;
  return { name: repo, kind: "VQGAN", about, licence, bytes, sources };
}

/**
 * A whole pipeline of the diffusers library whose weights are single files: in half precision where there is a choice.
 *
 * @param texts what the names of its text encoders and tokenizers end in
 */
function pipelineFiles(texts: readonly string[]): readonly HubChoice[] {
  const weights = (part: string, { safetensors }: WeightStems): HubChoice[] => [
    { names: [`${part}/config.json`] },
    { names: ["fp16.", ""].map((variant) => `${part}/${safetensors}.${variant}safetensors`) },
  ];
  return [
    { names: ["model_index.json"] },
    { names: ["scheduler/scheduler_config.json"] },
    ...texts.flatMap((end): HubChoice[] => [
      { names: [`tokenizer${end}/tokenizer.json`, `tokenizer${end}/merges.txt`] },
      { names: [`tokenizer${end}/vocab.json`], optional: true },
      { names: [`tokenizer${end}/tokenizer_config.json`], optional: true },
      { names: [`tokenizer${end}/special_tokens_map.json`], optional: true },
    ]),
    ...["unet", "vae"].flatMap((part) => weights(part, weightStems.diffusers)),
    ...texts.flatMap((end) => weights(`text_encoder${end}`, weightStems.transformers)),
  ];
}

function diffusion(
  repo: string,
  about: string,
  licence: string,
  bytes: number,
  texts: readonly string[] = [""],
): Published {
  const sources = [{ kind: "hub", repo, revision: "main", files: pipelineFiles(texts) }] as const;
  return { name: repo, kind: "VQGAN", about, licence, bytes, sources };
}

function vqgan(
  name: string,
  about: string,
  licence: string,
  bytes: number,
  mirrors: readonly (readonly [of: string, checkpoint: string, yaml: string])[],
): Published {
  const sources = mirrors.map(
    ([of, checkpoint, yaml]) =>
      ({ kind: "addresses", of, files: { "config.yaml": yaml, "model.ckpt": checkpoint } }) as const,
  );
  return { name, kind: "VQGAN", about, licence, bytes, sources };
}

/** One file at an address of its own, as a folder of ours holds it. */
function single(
  name: string,
  kind: ModelKind,
  about: string,
  licence: string,
  bytes: number,
  [file, of, address]: readonly [file: string, of: string, address: string],
): Published {
  const sources = [{ kind: "addresses", of, files: { [file]: address } }] as const;
  return { name, kind, about, licence, bytes, sources };
}

const NOT_KNOWN = "not known here: see its page";
const OPENAI = "MIT (openai/CLIP); its model card is about research, and puts deployment out of scope";
const METACLIP = "CC-BY-NC-4.0: not for commercial use";
const resnet = (repo: string, about: string, bytes: number) => clip(repo, about, OPENAI, bytes, openClipFiles);

const TAMING_IMAGENET = "MIT (taming-transformers); trained on ImageNet, whose pictures are for research only";

/** The makers' own share, which gives each file two addresses. */
const share = "https://heibox.uni-heidelberg.de";
const makers = (file: { readonly ckpt: string; readonly yaml: string }) =>
  ["the makers' share, by file", `${share}/f/${file.ckpt}/?dl=1`, `${share}/f/${file.yaml}/?dl=1`] as const;
const makersFolder = (id: string) =>
  [
    "the makers' share, by folder",
    `${share}/d/${id}/files/?p=%2Fckpts%2Flast.ckpt&dl=1`,
    `${share}/d/${id}/files/?p=%2Fconfigs%2Fmodel.yaml&dl=1`,
  ] as const;
const release = (name: string) =>
  [
    "a mirror in a repository's releases",
    `https://github.com/Eleiber/VQGAN-Mirrors/releases/download/0.0.1/${name}.ckpt`,
    `https://github.com/Eleiber/VQGAN-Mirrors/releases/download/0.0.1/${name}.yaml`,
  ] as const;

/** HPS is a bare checkpoint, called as OpenCLIP's folders call theirs. */
const hps = (version: string) =>
  [
    "open_clip_pytorch_model.bin",
    "its makers' repository on the hub",
    `https://huggingface.co/xswu/HPSv2/resolve/main/HPS_${version}compressed.pt`,
  ] as const;

/**
 * Addresses are those of public documentation (the makers' README, issue threads); none could be asked when this was
 * written. Files on the hub are checked against the sha256 that the hub states; files at plain addresses, for which
 * nobody states one, are pinned to the sha256 of their first download.
 */
export const catalogue: readonly Published[] = [
  clip("openai/clip-vit-base-patch32", "CLIP ViT-B/32, 224 x 224: the fastest of OpenAI's", OPENAI, 605e6),
  clip("openai/clip-vit-base-patch16", "CLIP ViT-B/16, 224 x 224: finer, four times the patches", OPENAI, 599e6),
  clip("openai/clip-vit-large-patch14", "CLIP ViT-L/14, 224 x 224: the largest, slow on a CPU", OPENAI, 1711e6),
  clip("laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "OpenCLIP ViT-B/32 trained on LAION-2B", "MIT", 605e6),
  clip("laion/CLIP-ViT-B-16-laion2B-s34B-b88K", "OpenCLIP ViT-B/16 trained on LAION-2B", "MIT", 599e6),
  clip("laion/CLIP-ViT-L-14-laion2B-s32B-b82K", "OpenCLIP ViT-L/14 trained on LAION-2B: slow on a CPU", "MIT", 1711e6),
  clip("facebook/metaclip-b32-400m", "MetaCLIP ViT-B/32", METACLIP, 605e6),
  clip("facebook/metaclip-b16-400m", "MetaCLIP ViT-B/16", METACLIP, 599e6),
  clip("facebook/metaclip-l14-400m", "MetaCLIP ViT-L/14: slow on a CPU", METACLIP, 1711e6),
  clip("google/siglip-base-patch16-224", "SigLIP B/16, 224 x 224", "Apache-2.0", 813e6),
  clip("google/siglip2-base-patch16-224", "SigLIP 2 B/16, 224 x 224: reads many languages", "Apache-2.0", 1.5e9),
  clip("OFA-Sys/chinese-clip-vit-base-patch16", "Chinese-CLIP ViT-B/16, 224 x 224: reads Chinese", NOT_KNOWN, 753e6),
  clip(
    "sentence-transformers/clip-ViT-B-32-multilingual-v1",
    "text tower of 50 languages beside openai/clip-vit-base-patch32 (--text-tower)",
    "Apache-2.0",
    540e6,
    textTowerFiles,
  ),
  clip(
    "M-CLIP/XLM-Roberta-Large-Vit-B-32",
    "text tower of 48 languages beside openai/clip-vit-base-patch32 (--text-tower): large",
    NOT_KNOWN,
    2.24e9,
    textTowerFiles,
  ),
  resnet(
    "timm/resnet50_clip.openai",
    "CLIP RN50, 224 x 224: a ResNet, whose pictures look unlike a transformer's",
    408e6,
  ),
  resnet("timm/resnet101_clip.openai", "CLIP RN101, 224 x 224", 479e6),
  resnet("timm/resnet50x4_clip.openai", "CLIP RN50x4, 288 x 288", 713e6),
  resnet("timm/resnet50x16_clip.openai", "CLIP RN50x16, 384 x 384: slow on a CPU", 1164e6),
  clip(
    "yuvalkirstain/PickScore_v1",
    "PickScore, ViT-H/14: scores by what people chose; very slow on a CPU",
    "MIT (its makers' code); the model's page names none that is known here",
    3.95e9,
  ),
  single(
    "hps-v2.1",
    "CLIP",
    "HPS v2.1, ViT-H/14: scores by what people chose; very slow on a CPU",
    "Apache-2.0",
    1.97e9,
    hps("v2.1_"),
  ),
  single("hps-v2", "CLIP", "HPS v2, ViT-H/14: the version that came before", "Apache-2.0", 1.97e9, hps("v2_")),
  single("aesthetic-v2", "reward", "LAION's aesthetic predictor v2, on OpenAI's ViT-L/14", "Apache-2.0", 3.7e6, [
    "head.pth",
    "its makers' repository",
    "https://github.com/christophschuhmann/improved-aesthetic-predictor/raw/main/sac%2Blogos%2Bava1-l14-linearMSE.pth",
  ]),
  single("aesthetic-v1", "reward", "LAION's aesthetic predictor v1, on OpenAI's ViT-L/14", "MIT", 4e3, [
    "head.pth",
    "its makers' repository",
    "https://github.com/LAION-AI/aesthetic-predictor/raw/main/sa_0_4_vit_l_14_linear.pth",
  ]),
  {
    name: "imagereward",
    kind: "reward",
    about:
      "ImageReward v1.0, BLIP: scores by what people preferred, reading the text while it looks; very slow on a CPU",
    licence: "Apache-2.0",
    bytes: 1.79e9,
    sources: [
      {
        kind: "addresses",
        of: "its makers' repository on the hub, and BERT's for the word pieces",
        files: {
          "ImageReward.pt": "https://huggingface.co/THUDM/ImageReward/resolve/main/ImageReward.pt",
          "med_config.json": "https://huggingface.co/THUDM/ImageReward/resolve/main/med_config.json",
          "vocab.txt": "https://huggingface.co/google-bert/bert-base-uncased/resolve/main/vocab.txt",
        },
      },
    ],
  },
  {
    name: "timm/vgg19.tv_in1k",
    kind: "classifier",
    about: "VGG19, ImageNet: what --content goes by (--vgg)",
    licence: "BSD-3-Clause",
    bytes: 575e6,
    sources: [{ kind: "hub", repo: "timm/vgg19.tv_in1k", revision: "main", files: [{ names: ["model.safetensors"] }] }],
  },
  vqgan("vqgan-imagenet-f16-1024", "VQGAN f16, 1024 codes, ImageNet", TAMING_IMAGENET, 958e6, [
    makers({ ckpt: "140747ba53464f49b476", yaml: "6ecf2af6c658432c8298" }),
    makersFolder("8088892a516d4e3baf92"),
    release("vqgan_imagenet_f16_1024"),
  ]),
  vqgan(
    "vqgan-imagenet-f16-16384",
    "VQGAN f16, 16384 codes, ImageNet: the one most VQGAN-CLIP pictures were made with",
    TAMING_IMAGENET,
    980e6,
    [
      makers({ ckpt: "867b05fc8c4841768640", yaml: "274fb24ed38341bfa753" }),
      makersFolder("a7530b09fed84f80a887"),
      release("vqgan_imagenet_f16_16384"),
    ],
  ),
  vqgan(
    "vqgan-openimages-f8-8192",
    "Gumbel VQGAN f8, 8192 codes, OpenImages: fine detail, four times the latent",
    "MIT (taming-transformers); trained on OpenImages",
    376e6,
    [makers({ ckpt: "34a747d5765840b5a99d", yaml: "b24d14998a8d4f19a34f" }), makersFolder("2e5662443a6b4307b470")],
  ),
  vqgan(
    "vqgan-wikiart-f16-16384",
    "VQGAN f16, 16384 codes, WikiArt: paintings",
    "not stated by its makers; trained on WikiArt, whose pictures are for research only",
    1e9,
    [
      release("wikiart_16384"),
      [
        "the makers' server",
        "https://eaidata.bmk.sh/data/Wikiart_16384/wikiart_f16_16384_8145600.ckpt",
        "https://eaidata.bmk.sh/data/Wikiart_16384/wikiart_f16_16384_8145600.yaml",
      ],
    ],
  ),
  vqgan(
    "vqgan-sflckr-f16",
    "VQGAN f16, S-FLCKR: landscapes; within a transformer, whose share is downloaded too",
    "MIT (taming-transformers); trained on pictures of Flickr",
    4e9,
    [
      [
        "the makers' share, by folder",
        `${share}/d/73487ab6e5314cb5adba/files/?p=%2Fcheckpoints%2Flast.ckpt&dl=1`,
        `${share}/d/73487ab6e5314cb5adba/files/?p=%2Fconfigs%2F2020-11-09T13-31-51-project.yaml&dl=1`,
      ],
    ],
  ),
  vqgan(
    "vqgan-coco-stuff-f16",
    "VQGAN f16, 8192 codes, COCO-Stuff; within a transformer, whose share is downloaded too",
    "MIT (taming-transformers); trained on COCO, pictures of Flickr",
    8.4e9,
    [["a mirror", "https://dl.nmkd.de/ai/clip/coco/coco.ckpt", "https://dl.nmkd.de/ai/clip/coco/coco.yaml"]],
  ),
  vqgan(
    "vqgan-faceshq-f16",
    "VQGAN f16, 1024 codes, FacesHQ: faces; within a transformer, whose share is downloaded too",
    "MIT (taming-transformers); trained on CelebA-HQ and FFHQ, for non-commercial use",
    4e9,
    [
      [
        "the makers' share",
        "https://app.koofr.net/content/links/a04deec9-0c59-4673-8b37-3d696fe63a5d/files/get/last.ckpt?path=%2F2020-11-13T21-41-45_faceshq_transformer%2Fcheckpoints%2Flast.ckpt",
        "https://drive.google.com/uc?export=download&id=1fHwGx_hnBtC8nsq7hesJvs-Klv-P0gzT",
      ],
    ],
  ),
  autoencoder("stabilityai/sd-vae-ft-mse", "Stable Diffusion's autoencoder f8, continuous", "MIT", 335e6),
  autoencoder("madebyollin/taesd", "TAESD f8, continuous: small and fast, less detail", "MIT", 10e6),
  diffusion(
    "IDKiro/sdxs-512-dreamshaper",
    "SDXS-512, one-step diffusion: reads a text of its own, the lightest",
    "CreativeML Open RAIL++-M: uses that it names are forbidden",
    1.77e9,
  ),
  diffusion(
    "stabilityai/sd-turbo",
    "SD-Turbo, one-step diffusion: reads a text of its own, slow on a CPU",
    "Stability AI Community: commercial use under conditions",
    2.59e9,
  ),
  diffusion(
    "stabilityai/sdxl-turbo",
    "SDXL-Turbo, one-step diffusion: two text encoders, 3.5 billion numbers; for GPUs or much memory",
    "Stability AI Non-Commercial Research Community when last seen: read its page",
    6.94e9,
    ["", "_2"],
  ),
];

/** What OpenAI, OpenCLIP and the notebooks of 2021 call them: for who mistypes or remembers another name. */
export const otherNames: Readonly<Record<string, string>> = {
  "ViT-B/32": "openai/clip-vit-base-patch32",
  "ViT-B/16": "openai/clip-vit-base-patch16",
  "ViT-L/14": "openai/clip-vit-large-patch14",
  RN50: "timm/resnet50_clip.openai",
  RN101: "timm/resnet101_clip.openai",
  RN50x4: "timm/resnet50x4_clip.openai",
  RN50x16: "timm/resnet50x16_clip.openai",
  imagenet_1024: "vqgan-imagenet-f16-1024",
  imagenet_16384: "vqgan-imagenet-f16-16384",
  gumbel_8192: "vqgan-openimages-f8-8192",
  wikiart_16384: "vqgan-wikiart-f16-16384",
  sflckr: "vqgan-sflckr-f16",
  coco: "vqgan-coco-stuff-f16",
  faceshq: "vqgan-faceshq-f16",
};

/** The model card: whoever is in no list says his licence himself. */
export const CARD = "README.md";
const card: HubChoice = { names: [CARD], optional: true };

/** A CLIP of any repository on the hub, in either form. In timm's own, `config.json` is of the image tower alone. */
export function unlisted(repo: string): Published {
  const files = [...(repo.toLowerCase().startsWith("timm/") ? openClipFiles : clipFiles), card];
  return clip(repo, "a CLIP from the hub, not in the list", undefined, undefined, files);
}
