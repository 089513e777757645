/** pixray (and clipit, which it grew from): `pixray.py`, whose settings follow from `--quality`. */
import { type Flag, readFlags } from "./foreign-command.js";
import { type ForeignProgram, split, TranslationWriter } from "./translation.js";

const flags = {
  prompts: { also: ["-p"] },
  spot: { also: ["-sp"] },
  spot_off: { also: ["-spo"] },
  spot_file: { also: ["-spf"] },
  labels: { also: ["-l"] },
  vector_prompts: { also: ["-vp"] },
  image_prompts: { also: ["-ip"] },
  image_prompt_weight: { also: ["-ipw"] },
  image_prompt_shuffle: { also: ["-ips"] },
  image_labels: { also: ["-il"] },
  image_label_weight: { also: ["-ilw"] },
  iterations: { also: ["-i"] },
  save_every: { also: ["-se"] },
  save_intermediates: { also: ["-si"] },
  display_every: { also: ["-de"] },
  display_clear: { also: ["-dc"] },
  overlay_every: { also: ["-ove"] },
  overlay_offset: { also: ["-ovo"] },
  overlay_until: { also: ["-ovu"] },
  overlay_image: { also: ["-ovi"] },
  overlay_alpha: { also: ["-ova"] },
  quality: {},
  aspect: { also: ["-asp"] },
  ezsize: { also: ["-ezs"] },
  scale: { also: ["-sca"] },
  size: { also: ["-s"], count: 2 },
  init_image: { also: ["-ii"] },
  init_image_alpha: { also: ["-iia"] },
  init_noise: { also: ["-in"] },
  target_images: { also: ["-ti"] },
  animation_dir: { also: ["-anim"] },
  animation_alpha: { also: ["-ana"] },
  init_weight: { also: ["-iw"] },
  init_weight_dist: { also: ["-iwd"] },
  init_weight_cos: { also: ["-iwc"] },
  init_weight_pix: { also: ["-iwp"] },
  perceptors: {},
  clip_models: {},
  noise_prompt_seeds: { also: ["-nps"], count: "*" },
  noise_prompt_weights: { also: ["-npw"], count: "*" },
  learning_rate: { also: ["-lr"] },
  learning_rate_drops: { also: ["-lrd"], count: "*" },
  auto_stop: { also: ["-as"] },
  num_cuts: { also: ["-cuts"] },
  batches: { also: ["-bats"] },
  cut_power: { also: ["-cutp"] },
  seed: {},
  optimiser: { also: ["-opt"] },
  video: { also: ["-vid"] },
  deterministic: { also: ["-d"] },
  cuda_device: { also: ["-cud"] },
  palette: {},
  palette_weight: {},
  transparent: {},
  transparent_weight: {},
  output: {},
  outdir: {},
  drawer: {},
  filters: {},
  losses: { also: ["--custom_loss"] },
  saturation_weight: {},
  smoothness_weight: {},
  symmetry_weight: {},
  aesthetic_target: {},
  vqgan_model: {},
  vqgan_config: {},
  vqgan_checkpoint: {},
  strokes: {},
  pixel_size: { count: 2 },
  pixel_scale: {},
  pixel_type: {},
} as const satisfies Record<string, Flag>;

type Name = keyof typeof flags;

/** What each quality stands for. */
const qualities: Readonly<
  Record<string, { clips: string; steps: number; scale: number; cuts: number; batches: number }>
> = {
  draft: { clips: "ViT-B/16", steps: 200, scale: 1, cuts: 24, batches: 1 },
  normal: { clips: "ViT-B/32,ViT-B/16", steps: 250, scale: 2, cuts: 30, batches: 1 },
  better: { clips: "RN50,ViT-B/32,ViT-B/16", steps: 300, scale: 3, cuts: 36, batches: 1 },
  best: { clips: "RN50x4,ViT-B/32,ViT-B/16", steps: 350, scale: 4, cuts: 12, batches: 2 },
  supreme: { clips: "RN50x4,RN101,ViT-B/32,ViT-B/16", steps: 400, scale: 5, cuts: 8, batches: 4 },
};
const aspects: Readonly<Record<string, readonly [number, number]>> = {
  square: [144, 144],
  portrait: [128, 160],
  widescreen: [192, 108],
};
const sizes: Readonly<Record<string, number>> = { small: 1, medium: 2, large: 4 };

/** What there is no counterpart of, and what comes near. */
const without: Partial<Readonly<Record<Name, string>>> = {
  spot: "`edit` with --mask takes a text for a part of the picture",
  spot_off: "`edit` with --mask",
  spot_file: "`edit --mask FILE`",
  labels: "write the label as a prompt",
  vector_prompts: "its tables are its own; --vector-prompt takes what `embed --json` wrote",
  image_prompt_shuffle: "image prompts are all seen each step",
  image_labels: "--image-prompt",
  image_label_weight: "--image-prompt FILE:WEIGHT",
  save_every: "the picture is written at the end; --keep-every keeps a run's states",
  save_intermediates: "--keep-every keeps a run's states",
  display_every: "progress is shown on the terminal",
  display_clear: "progress is shown on the terminal",
  overlay_every: "a picture is not laid over the run; `edit` keeps to one",
  overlay_offset: "see --overlay_every",
  overlay_until: "see --overlay_every",
  overlay_image: "see --overlay_every",
  overlay_alpha: "see --overlay_every",
  init_image_alpha: "a picture to begin at is opaque",
  target_images: "--image-prompt",
  animation_dir: "`style DIR` changes the frames of a folder",
  animation_alpha: "`style --temporal`",
  init_weight: "its loss is the angle between latents; --init-weight is a squared distance",
  init_weight_dist: "--init-weight is the squared distance to the first latent, on another scale",
  init_weight_cos: "--init-weight is a squared distance",
  init_weight_pix: "`edit --structure` and `--perceptual` keep to a picture",
  video: "a run's own steps are not filmed; `video` makes films that move",
  transparent: "pictures are opaque",
  transparent_weight: "pictures are opaque",
  filters: "--regularize symmetry comes nearest to a wallpaper",
  aesthetic_target: "a reward is raised, it has no target: --reward aesthetic:0.1",
  strokes: "it is about another drawer",
  pixel_size: "it is about another drawer",
  pixel_scale: "it is about another drawer",
  pixel_type: "it is about another drawer",
};

export const pixray: ForeignProgram = {
  name: "pixray",
  begins: (words) => {
    const at = words.findIndex((word) => /(^|[/\\])(pixray|clipit)(\.py)?$|^pixray\.pixray$/.test(word));
    return at < 0 ? undefined : at + 1;
  },
  translate: (words) => {
    const { given, unknown } = readFlags(flags, words);
    const out = new TranslationWriter();
    const first = (name: Name) => given.get(name)?.[0];
    const asked = first("quality") ?? "normal";
    const quality = qualities[asked] ?? (qualities.normal as (typeof qualities)[string]);
    if (qualities[asked] === undefined)
      out.leftOut(`--quality ${asked}`, `one of ${Object.keys(qualities).join(", ")}`);
    out.add("generate");
    if (first("prompts")) out.add(first("prompts") as string);
    drawer(out, first("drawer") ?? "vqgan", first("vqgan_checkpoint") ?? first("vqgan_model") ?? first("vqgan_config"));
    if (first("perceptors") && first("perceptors") !== "clip") {
      out.leftOut(`--perceptors ${first("perceptors")}`, "SLIP is not read");
    }
    out.clips(split(first("clip_models") ?? quality.clips, ","));
    if (first("image_prompts")) {
      const weight = first("image_prompt_weight");
      for (const each of split(first("image_prompts") as string)) {
        out.add("--image-prompt", weight === undefined ? each : `${each}:${weight}`);
      }
    }
    out.noisePrompts(given.get("noise_prompt_seeds") ?? [], given.get("noise_prompt_weights") ?? []);
    size(
      out,
      given.get("size"),
      first("aspect") ?? "widescreen",
      scaleOf(first("scale"), first("ezsize"), quality.scale),
    );
    out.add("--steps", first("iterations") ?? quality.steps);
    out.add("--cutouts", Number(first("num_cuts") ?? quality.cuts) * Number(first("batches") ?? quality.batches));
    out.add("--learning-rate", first("learning_rate") ?? 0.2);
    if (given.has("learning_rate_drops")) {
      out.leftOut("--learning_rate_drops", "--schedule step,decay=..,every=.. lowers the rate at even distances");
    }
    if (first("cut_power")) out.add("--cut-power", first("cut_power") as string);
    if (first("init_image")) out.initImage(first("init_image") as string);
    const noise = first("init_noise");
    if (noise === "pixels" || noise === "gradient") out.add("--start", noise);
    else if (noise !== undefined) out.leftOut(`--init_noise ${noise}`, "pixels and gradient are known");
    if (isOn(first("auto_stop"))) out.add("--plateau", "50");
    if (first("seed")) {
      if (/^\d+$/.test(first("seed") as string)) out.add("--seed", first("seed") as string);
      else out.leftOut(`--seed ${first("seed")}`, "seeds are whole numbers here");
    }
    if (first("optimiser")) out.optimizer(first("optimiser") as string);
    losses(out, first("losses"), first);
    if (first("output")) out.output(first("output") as string);
    if (first("outdir")) out.note(`--outdir ${first("outdir")}: name the file by --output`);
    if (first("deterministic")) out.note("--deterministic: runs here always are");
    if (first("cuda_device")) out.add("--device", first("cuda_device") === "cpu" ? "cpu" : "cuda");
    for (const name of given.keys()) if (without[name] !== undefined) out.leftOut(`--${name}`, without[name] as string);
    out.note(
      "its windows (half of them wide, half zoomed in) are not ours; --cut-method and --augment say how ours are made",
    );
    out.unknown(unknown);
    return out;
  },
};

function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(true|yes|on|1|t|y)$/i.test(value);
}

function drawer(out: TranslationWriter, name: string, vqgan: string | undefined): void {
  if (name === "fft") out.add("--generator", "fft");
  else {
    if (name !== "vqgan")
      out.leftOut(`--drawer ${name}`, "vqgan and fft have a counterpart; --generator names all that draw here");
    out.generator(vqgan ?? "imagenet_f16_16384");
  }
}

function scaleOf(scale: string | undefined, ezsize: string | undefined, usual: number): number {
  if (scale !== undefined) return Number(scale);
  return (ezsize === undefined ? undefined : sizes[ezsize]) ?? usual;
}

function size(out: TranslationWriter, given: readonly string[] | undefined, aspect: string, scale: number): void {
  if (given) out.add("--size", given.join("x"));
  else {
    const base = aspects[aspect];
    if (base) out.add("--size", base.map((side) => Math.floor(side * scale)).join("x"));
    else out.leftOut(`--aspect ${aspect}`, `--size WxH; ${Object.keys(aspects).join(", ")} are known`);
  }
}

function losses(out: TranslationWriter, asked: string | undefined, first: (name: Name) => string | undefined): void {
  const wanted = (asked ?? "")
    .split(/[,|]/)
    .map((each) => each.trim())
    .filter(Boolean);
  const own: string[] = [];
  for (const name of wanted) {
    if (name === "saturation" || name === "smoothness" || name === "symmetry") {
      own.push(`${name}:${first(`${name}_weight`) ?? 1}`);
    } else if (name === "aesthetic") out.add("--reward", "aesthetic:0.1");
    else out.leftOut(`loss ${name}`, "--regularize tv, smoothness, symmetry, saturation, palette; --reward aesthetic");
  }
  if (own.length > 0) {
    out.add("--regularize", own.join(","));
    out.note(`--regularize ${own.join(",")}: weights count on another scale there`);
  }
  if (first("palette")) {
    out.leftOut("--palette", "--regularize palette:WEIGHT:COLOURS draws the colours to those that are named");
  }
  if (first("palette_weight")) out.leftOut("--palette_weight", "see --palette");
}
