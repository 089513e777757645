/** nerdyrodent/VQGAN-CLIP, `generate.py`, the script that preset `nerdyrodent` follows. */
import { type Flag, readFlags } from "./foreign-command.js";
import { type ForeignProgram, split, TranslationWriter } from "./translation.js";

const flags = {
  prompts: { also: ["-p"] },
  image_prompts: { also: ["-ip"] },
  iterations: { also: ["-i"] },
  save_every: { also: ["-se"] },
  size: { also: ["-s"], count: 2 },
  init_image: { also: ["-ii"] },
  init_noise: { also: ["-in"] },
  init_weight: { also: ["-iw"] },
  clip_model: { also: ["-m"] },
  vqgan_config: { also: ["-conf"] },
  vqgan_checkpoint: { also: ["-ckpt"] },
  noise_prompt_seeds: { also: ["-nps"], count: "*" },
  noise_prompt_weights: { also: ["-npw"], count: "*" },
  learning_rate: { also: ["-lr"] },
  cut_method: { also: ["-cutm"] },
  num_cuts: { also: ["-cuts"] },
  cut_power: { also: ["-cutp"] },
  seed: { also: ["-sd"] },
  optimiser: { also: ["-opt"] },
  output: { also: ["-o"] },
  video: { also: ["-vid"], count: 0 },
  zoom_video: { also: ["-zvid"], count: 0 },
  zoom_start: { also: ["-zs"] },
  zoom_save_every: { also: ["-zse"] },
  zoom_scale: { also: ["-zsc"] },
  zoom_shift_x: { also: ["-zsx"] },
  zoom_shift_y: { also: ["-zsy"] },
  change_prompt_every: { also: ["-cpe"] },
  video_length: { also: ["-vl"] },
  output_video_fps: { also: ["-ofps"] },
  input_video_fps: { also: ["-ifps"] },
  deterministic: { also: ["-d"], count: 0 },
  augments: { also: ["-aug"], count: "+" },
  video_style_dir: { also: ["-vsd"] },
  cuda_device: { also: ["-cd"] },
} as const satisfies Record<string, Flag>;

/** Its augmentations of which ours have a counterpart, with its numbers. */
const augments: Readonly<Record<string, string>> = {
  Af: "affine:15:0.1:5:0.7",
  Pe: "perspective:0.7:0.7",
  Ji: "jitter:0.1:0.1:0.1:0.1:0.7",
  Er: "erasing:0.1:0.4:0.7",
  Ro: "affine:15:0:0:0.7",
};

export const nerdyrodent: ForeignProgram = {
  name: "nerdyrodent's generate.py",
  begins: (words) => {
    const at = words.findIndex((word) => /(^|[/\\])generate\.py$/.test(word));
    return at < 0 ? undefined : at + 1;
  },
  translate: (words) => {
    const { given, unknown } = readFlags(flags, words);
    const out = new TranslationWriter();
    const first = (name: keyof typeof flags) => given.get(name)?.[0];
    const number = (name: keyof typeof flags, usual: number) => Number(first(name) ?? usual);
    const zooms = given.has("zoom_video");
    const frames = first("video_style_dir");

    if (frames !== undefined) out.add("style", frames);
    else out.add(zooms ? "video" : "generate");
    const prompts = first("prompts");
    if (prompts !== undefined) out.add(prompts);
    else if (!given.has("image_prompts") && !given.has("noise_prompt_seeds")) {
      out.note("no prompt: write one; its default was a text about a rodent");
    }
    out.add("--preset", "nerdyrodent");
    out.generator(first("vqgan_checkpoint") ?? first("vqgan_config") ?? "vqgan_imagenet_f16_16384");
    out.clips([first("clip_model") ?? "ViT-B/32"]);
    if (first("image_prompts")) out.imagePrompts(first("image_prompts") as string);
    out.noisePrompts(given.get("noise_prompt_seeds") ?? [], given.get("noise_prompt_weights") ?? []);

    const [width, height] = given.get("size") ?? ["512", "512"];
    if (frames === undefined) out.add("--size", `${width}x${height}`);
    else if (given.has("size")) out.leftOut("--size", "frames keep their own; see --max-side");
    const steps = number("iterations", 500);
    if (zooms) {
      const each = number("zoom_save_every", 10);
      const start = number("zoom_start", 0);
      out.add("--steps", Math.max(each, start), "--steps-per-frame", each);
      out.add("--frames", Math.max(1, Math.floor((steps - start) / each)));
      out.add("--zoom", number("zoom_scale", 0.99));
      const [x, y] = [number("zoom_shift_x", 0), number("zoom_shift_y", 0)];
      if (x !== 0 || y !== 0) out.add("--pan", `${x},${y}`);
      if (number("zoom_scale", 0.99) < 1)
        out.note("--zoom below 1 moves away from the picture, as --zoom_scale below 1 does");
    } else if (given.has("iterations")) out.add("--steps", steps);
    for (const name of ["zoom_start", "zoom_save_every", "zoom_scale", "zoom_shift_x", "zoom_shift_y"] as const) {
      if (!zooms && given.has(name)) out.leftOut(`--${name}`, "it counts with --zoom_video alone");
    }
    if (first("init_image")) out.initImage(first("init_image") as string);
    if (first("init_noise")) {
      const kind = first("init_noise") as string;
      if (kind === "pixels" || kind === "gradient") out.add("--start", kind);
      else out.leftOut(`--init_noise ${kind}`, "pixels and gradient are known");
    }
    if (number("init_weight", 0) > 0) {
      out.leftOut(
        "--init_weight",
        "it pulls to 0, and less each step; --init-weight pulls to the first latent, --regularizer weight=..,target=zero,decay=.. to 0",
      );
    }
    if (given.has("learning_rate")) out.add("--learning-rate", first("learning_rate") as string);
    if (given.has("num_cuts")) out.add("--cutouts", first("num_cuts") as string);
    if (given.has("cut_power")) out.add("--cut-power", first("cut_power") as string);
    if (given.has("seed")) {
      out.add("--seed", first("seed") as string);
      out.note("--seed: the same number draws another picture here than there");
    }
    if (given.has("optimiser")) out.optimizer(first("optimiser") as string);
    cutMethod(out, first("cut_method"), given.get("augments"));

    const fps = given.has("output_video_fps") ? number("output_video_fps", 0) : 0;
    if (zooms || frames !== undefined) {
      if (fps > 0) out.add("--fps", fps);
      for (const name of ["video_length", "input_video_fps"] as const) {
        if (given.has(name))
          out.leftOut(`--${name}`, "a film is as long as --frames through --fps; nothing is interpolated");
      }
    } else {
      if (given.has("video")) out.leftOut("--video", "a run's own steps are not filmed; `video` makes films that move");
      for (const name of ["video_length", "output_video_fps", "input_video_fps"] as const) {
        if (given.has(name)) out.leftOut(`--${name}`, "it is about the film of a run's steps");
      }
    }
    if (first("output")) {
      const path = first("output") as string;
      if (zooms || frames !== undefined) out.add("--output", path.replace(/\.\w+$/, ".mp4"));
      else out.output(path);
    }
    if (given.has("save_every"))
      out.leftOut("--save_every", "the picture is written at the end; --keep-every keeps a run's states");
    if (given.has("change_prompt_every")) changePrompt(out, number("change_prompt_every", 0), prompts ?? "", steps);
    if (given.has("deterministic")) out.note("--deterministic: runs here always are");
    if (first("cuda_device")) {
      if (first("cuda_device") === "cpu") out.add("--device", "cpu");
      else if (first("cuda_device") === "cuda:0") out.add("--device", "cuda");
      else out.leftOut(`--cuda_device ${first("cuda_device")}`, "only the first one is used: --device cuda");
    }
    out.unknown(unknown);
    return out;
  },
};

function cutMethod(out: TranslationWriter, method = "latest", chosen: readonly string[] | undefined): void {
  if (method === "original") out.add("--cut-method", "random", "--augment", "none");
  else if (method === "updated" || method === "nrupdated") {
    out.add("--cut-method", "random");
    out.note(`--cut_method ${method}: its augmentations are not quite those of the preset`);
  } else if (method !== "latest" && method !== "updatedpooling") out.leftOut(`--cut_method ${method}`, "not known");
  if (chosen === undefined) return;
  if (method !== "latest") {
    out.leftOut("--augments", "it counts with --cut_method latest alone");
    return;
  }
  const ours = chosen.flatMap((name) => augments[name] ?? []);
  const missing = chosen.filter((name) => augments[name] === undefined);
  if (ours.length > 0) out.add("--augment", [...ours, "noise:0.1"].join(","));
  if (missing.length > 0) out.leftOut(`--augments ${missing.join(" ")}`, "there is no counterpart");
}

function changePrompt(out: TranslationWriter, every: number, prompts: string, steps: number): void {
  const scenes = split(prompts, "^").length;
  if (every === 0 || scenes < 2) return;
  out.add("--scene-fade", 0);
  const whole = scenes * every;
  if (whole !== steps) {
    out.note(`--change_prompt_every ${every}: scenes share the steps evenly; --steps ${whole} gives each ${every}`);
  }
}
