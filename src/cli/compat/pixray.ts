/** pixray (and clipit, which it grew from): `pixray.py`, whose settings follow from `--quality`. */
import { type Flag, readFlags } from "./foreign-command.js";
import { pixrayColour, pixrayPalette } from "./palette.js";
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
  smoothness_type: {},
  smoothness_gaussian_kernel: {},
  smoothness_gaussian_std: {},
  smoothness_spacing: {},
  smoothness_edge_order: {},
  symmetry_weight: {},
  edge_thickness: {},
  edge_margins: { count: 4 },
  edge_color: {},
  edge_color_weight: {},
  global_color_weight: {},
  edge_input_image: {},
  edge_mask_image: {},
  gaussian_weight: {},
  gaussian_std: { count: 2 },
  gaussian_color: { count: 3 },
  style_file: {},
  styleloss_content_weight: {},
  styleloss_ospace: {},
  styleloss_skip: {},
  styleloss_every: {},
  aesthetic_target: {},
  vqgan_model: {},
  vqgan_config: {},
  vqgan_checkpoint: {},
  strokes: {},
  stroke_length: {},
  min_stroke_width: {},
  max_stroke_width: {},
  allow_paper_color: {},
  pixel_size: { count: 2 },
  pixel_scale: {},
  pixel_type: {},
  pixel_edge_check: {},
  pixel_iso_check: {},
  fft_use: {},
  vdiff_model: {},
  vdiff_schedule: {},
  vdiff_skip: {},
  super_resolution_model: {},
  wallpaper_type: {},
  wallpaper_edge_match: {},
  lookup_beta: {},
  alpha_gamma: {},
  alpha_use_g: {},
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
  alpha_gamma: "pictures are opaque",
  alpha_use_g: "pictures are opaque",
  filters: "--regularize symmetry comes nearest to a wallpaper",
  wallpaper_type: "--regularize symmetry comes nearest to a wallpaper",
  wallpaper_edge_match: "--regularize symmetry comes nearest to a wallpaper",
  lookup_beta: "--regularize palette:WEIGHT:COLOURS draws to colours",
  smoothness_type: "--regularize smoothness is of squares, tv of absolute differences",
  smoothness_gaussian_kernel: "the picture is not blurred for it",
  smoothness_gaussian_std: "the picture is not blurred for it",
  smoothness_spacing: "neighbouring pixels are compared",
  smoothness_edge_order: "neighbouring pixels are compared",
  edge_margins: "all four margins are as wide: --regularize border:WEIGHT:COLOUR:PERCENT",
  global_color_weight: "--regularize palette:WEIGHT:COLOUR draws the whole picture to a colour",
  edge_input_image: "`edit FILE --mask` keeps to a picture outside of the mask",
  edge_mask_image: "`edit FILE --mask` keeps to a picture outside of the mask",
  gaussian_weight: "--regularize border:WEIGHT:COLOUR:PERCENT comes nearest",
  gaussian_std: "see --gaussian_weight",
  gaussian_color: "see --gaussian_weight",
  style_file: "--image-prompt FILE:WEIGHT is near it in CLIP's sense",
  styleloss_content_weight: "see --style_file",
  styleloss_ospace: "see --style_file",
  styleloss_skip: "see --style_file",
  styleloss_every: "see --style_file",
  aesthetic_target: "a reward is raised, it has no target: --reward aesthetic:0.1",
  allow_paper_color: "the paper keeps its colour: --generator strokes:paper=f2eecb",
  pixel_size: "the generator pixels has the picture's own; --size",
  pixel_scale: "the generator pixels has the picture's own; --size",
  pixel_type: "the generator pixels has squares",
  pixel_edge_check: "the generator pixels has squares",
  pixel_iso_check: "the generator pixels has squares",
  fft_use: "there are no wavelets; the spectrum stays",
  vdiff_model: "one-step diffusion models are read: --generator DIR",
  vdiff_schedule: "see --vdiff_model",
  vdiff_skip: "see --vdiff_model",
  super_resolution_model: "pictures keep the size that they are made in",
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
    const vqgan = first("vqgan_checkpoint") ?? first("vqgan_model") ?? first("vqgan_config");
    const drawer = first("drawer") ?? "vqgan";
    const strokes = drawing(drawer, first);
    if (strokes) {
      out.add("--generator", strokes, "--preset", "clipdraw");
      out.note(`--drawer ${drawer}: strokes begin in other places and have other bounds of width`);
    } else {
      generator(out, drawer, vqgan);
      for (const name of strokeFlags) if (given.has(name)) out.leftOut(`--${name}`, `drawer ${drawer} has no strokes`);
    }
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
    if (!strokes) out.add("--learning-rate", first("learning_rate") ?? 0.2);
    else if (first("learning_rate")) out.leftOut("--learning_rate", "strokes have rates of their own, here and there");
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

const strokeFlags = ["strokes", "stroke_length", "min_stroke_width", "max_stroke_width"] as const;

/** The generator of a drawer that draws strokes, with that one's own defaults; undefined for others. */
function drawing(drawer: string, first: (name: Name) => string | undefined): string | undefined {
  if (drawer !== "clipdraw" && drawer !== "line_sketch") return undefined;
  const usual = drawer === "clipdraw" ? { strokes: 1024, least: 1, most: 5 } : { strokes: 24, least: 0.5, most: 2 };
  const width = first("min_stroke_width") ?? usual.least;
  const widest = first("max_stroke_width") ?? usual.most;
  const lines = `count=${first("strokes") ?? usual.strokes},width=${width},widest=${widest}`;
  if (drawer === "clipdraw") return `strokes:${lines},segments=2`;
  return `strokes:${lines},segments=${first("stroke_length") ?? 8},ink=black,opacity=off,paper=f2eecb`;
}

function generator(out: TranslationWriter, drawer: string, vqgan: string | undefined): void {
  if (drawer === "fft") out.add("--generator", "fft");
  else if (drawer === "pixel" || drawer === "fast_pixel") {
    out.add("--generator", "pixels");
    out.note(`--drawer ${drawer}: its pixels are large ones; here they are the picture's own`);
  } else {
    if (drawer !== "vqgan")
      out.leftOut(`--drawer ${drawer}`, "vqgan, fft, pixel, clipdraw and line_sketch have a counterpart");
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
  const own: string[] = [];
  const weight = (name: Name, usual = 1) => Number(first(name) ?? usual);
  for (const name of split((asked ?? "").replaceAll("|", ","), ",")) {
    if (name === "saturation") own.push(`saturation:${rounded(weight("saturation_weight") / 10)}`);
    else if (name === "smoothness" || name === "symmetry") own.push(`${name}:${weight(`${name}_weight`)}`);
    else if (name === "palette" && first("palette") === undefined) out.leftOut("loss palette", "--palette is missing");
    else if (name === "palette") palette(out, own, first("palette") as string, weight("palette_weight"));
    else if (name === "edge") {
      const colour = pixrayColour(first("edge_color") ?? "white");
      if (colour === undefined) out.leftOut(`--edge_color ${first("edge_color")}`, "write it as #rrggbb");
      const sides = 4; // whose means are added there
      const much = rounded(sides * weight("edge_color_weight", 0.1));
      own.push(`border:${much}:${colour ?? "ffffff"}:${first("edge_thickness") ?? 5}`);
    } else if (name === "aesthetic") out.add("--reward", "aesthetic:0.1");
    else
      out.leftOut(
        `loss ${name}`,
        "--regularize tv, smoothness, symmetry, saturation, palette, border; --reward aesthetic",
      );
  }
  if (first("palette") && !/palette/.test(asked ?? "")) out.leftOut("--palette", "it counts with --losses palette");
  if (own.length > 0) {
    out.add("--regularize", own.join(","));
    if (own.some((each) => /^(smoothness|palette)/.test(each)))
      out.note(`--regularize ${own.join(",")}: smoothness and palette are of squares here, so weights count otherwise`);
  }
}

function palette(out: TranslationWriter, own: string[], text: string, weight: number): void {
  const colours = pixrayPalette(text);
  if (colours) own.push(`palette:${weight}:${colours.join("+")}`);
  else out.leftOut(`--palette ${text}`, "--regularize palette:WEIGHT:COLOURS takes colours as rrggbb+rrggbb");
}

/** Without the tail of a quotient. */
const rounded = (value: number): number => Number(value.toPrecision(6));
