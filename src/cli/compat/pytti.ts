/** PyTTI (pytti-core), `python -m pytti.workhorse key=value ...`, and a notebook's settings written so. */
import { type ForeignProgram, split, TranslationWriter } from "./translation.js";

/** CLIPs that are switched on by a key each. */
const clips: Readonly<Record<string, string>> = {
  ViTB32: "ViT-B/32",
  ViTB16: "ViT-B/16",
  ViTL14: "ViT-L/14",
  ViTL14_336px: "ViT-L/14@336px",
  RN50: "RN50",
  RN101: "RN101",
  RN50x4: "RN50x4",
  RN50x16: "RN50x16",
  RN50x64: "RN50x64",
};

/** What there is no counterpart of, and what comes near. */
const without: Readonly<Record<string, string>> = {
  conf: "a file of settings is not read; write its lines as key=value",
  direct_image_prompts: "`edit --structure` keeps to a picture; --image-prompt is near it in CLIP's sense",
  direct_init_weight: "--init-weight keeps to the first latent",
  semantic_init_weight: "--image-prompt FILE:WEIGHT with the picture to begin at",
  interpolation_steps: "--scene-fade is the share of a scene over which it passes to the next",
  reset_lr_each_frame: "the optimiser goes on from frame to frame",
  cutout_border: "windows lie within the picture",
  border_mode: "--padding border or zeros",
  field_of_view: "there is no depth; pictures move in their plane",
  near_plane: "there is no depth",
  far_plane: "there is no depth",
  translate_z_3d: "there is no depth; --zoom",
  rotate_3d: "there is no depth; --rotate",
  sampling_mode: "pictures move by bilinear sampling",
  infill_mode: "what comes into view is mirrored",
  pre_animation_steps: "--steps is what the first frame takes",
  lock_camera: "there is no depth",
  frame_stride: "--fps, or fewer frames in the folder",
  reencode_each_frame: "`style` begins each frame at its own picture",
  flow_long_term_samples: "`style --temporal` is the one smoothing",
  direct_stabilization_weight: "`style --temporal`",
  semantic_stabilization_weight: "`style --temporal`",
  depth_stabilization_weight: "there is no depth; `style --temporal`",
  edge_stabilization_weight: "`style --structure`",
  flow_stabilization_weight: "`style --temporal`",
  clear_every: "progress is shown on the terminal",
  display_every: "progress is shown on the terminal",
  display_scale: "progress is shown on the terminal",
  save_every: "frames are kept as they are made; --keep-every keeps a run's states",
  backups: "--save-state writes a session that `resume` goes on with",
  show_graphs: "--plot draws the losses",
  allow_overwrite: "files are not overwritten unless named",
  approximate_vram_usage: "--plan says what a run will need",
  models_parent_dir: "models are in the hub's cache; HF_HUB_CACHE says where",
  gradient_accumulation_steps: "--micro-batch is how many windows are in memory at once",
  use_mmc: "--clip for each",
  use_tensorboard: "--plot draws the losses",
  device: "--device cpu or cuda",
  input_audio_offset: "cut the sound; --music begins with the film",
  input_audio_filters: "the bands are bass, mid and high",
};
const paletteKey =
  /^(pixel_size|smoothing_weight|random_initial_palette|palette_size|palettes|gamma|hdr_weight|palette_normalization_weight|show_palette|target_palette|lock_palette)$/;

export const pytti: ForeignProgram = {
  name: "PyTTI",
  begins: (words) => {
    const at = words.findIndex((word) => /^pytti(\.workhorse)?$|(^|[/\\])workhorse\.py$/.test(word));
    return at < 0 ? undefined : at + 1;
  },
  translate: (words) => {
    const out = new TranslationWriter();
    const pairs = words.map((word) => /^\+{0,2}([\w.]+)=(.*)$/s.exec(word));
    const given = new Map(
      pairs.flatMap((pair) => (pair ? [[(pair[1] as string).split(".").at(-1) as string, pair[2] as string]] : [])) as [
        string,
        string,
      ][],
    );
    out.unknown(words.filter((_, i) => pairs[i] === null));
    const used = new Set<string>();
    const take = (key: string): string | undefined => {
      used.add(key);
      const value = given.get(key);
      return value === undefined || value === "" || value === "null"
        ? undefined
        : value.replace(/^(['"])(.*)\1$/s, "$2");
    };
    const number = (key: string, usual: number) => Number(take(key) ?? usual);

    const mode = (take("animation_mode") ?? "off").toLowerCase();
    const film = mode === "2d" || mode === "3d";
    const source = take("video_path");
    if (mode === "video source" && source !== undefined) out.add("style", source);
    else out.add(film ? "video" : "generate");
    if (mode === "3d") out.note("animation_mode 3D: pictures move in their plane alone");
    const scenes = split(take("scenes") ?? "", "||").map(
      (scene) => `${take("scene_prefix") ?? ""}${scene}${take("scene_suffix") ?? ""}`,
    );
    take("scene_prefix");
    take("scene_suffix");
    story(out, scenes);

    const model = take("image_model") ?? "Unlimited Palette";
    const vqgan = take("vqgan_model");
    if (/^vqgan$/i.test(model)) out.generator(vqgan ?? "sflckr");
    else {
      if (vqgan !== undefined) out.leftOut("vqgan_model", "it counts with image_model=VQGAN alone");
      out.add("--generator", "pixels");
      if (/^limited/i.test(model))
        out.note("image_model Limited Palette: pixels have all colours; --regularize palette:WEIGHT:COLOURS");
    }
    const on = Object.keys(clips).filter((key) => /^true$/i.test(take(key) ?? (key === "ViTB32" ? "true" : "false")));
    out.clips(on.map((key) => clips[key] as string));

    if (mode !== "video source") out.add("--size", `${number("width", 512)}x${number("height", 512)}`);
    else
      for (const key of ["width", "height"]) if (take(key)) out.leftOut(key, "frames keep their own; see --max-side");
    const perScene = number("steps_per_scene", 100);
    const perFrame = number("steps_per_frame", 50);
    if (film) {
      out.add("--steps", perFrame, "--steps-per-frame", perFrame);
      out.add("--frames", Math.max(1, Math.floor((perScene * Math.max(1, scenes.length)) / perFrame)));
      motion(out, take);
      out.add("--fps", number("frames_per_second", 12));
      const sound = take("input_audio");
      if (sound !== undefined) {
        out.add("--music", sound);
        out.note("input_audio: what follows it is written as --course zoom=1+beat*0.05, or as a weight: fog:bass");
      }
    } else if (mode === "video source") {
      out.add("--steps", perFrame);
      if (take("frames_per_second")) out.add("--fps", number("frames_per_second", 12));
    } else {
      out.add("--steps", perScene * Math.max(1, scenes.length));
      for (const key of ["steps_per_frame", "frames_per_second", ...motionKeys]) {
        if (take(key) && take(key) !== "0") out.leftOut(key, "it counts with animation_mode alone");
      }
    }
    if (take("learning_rate")) out.add("--learning-rate", take("learning_rate") as string);
    out.add("--cutouts", number("cutouts", 40), "--cut-power", number("cut_pow", 2));
    const seed = take("seed");
    if (seed !== undefined && /^\d+$/.test(seed)) out.add("--seed", seed);
    const start = take("init_image");
    if (start !== undefined) out.initImage(start);
    const name = take("file_namespace");
    if (name !== undefined) out.note(`file_namespace ${name}: name the file by --output`);

    for (const [key, value] of given) {
      if (used.has(key)) continue;
      const why =
        without[key] ??
        (paletteKey.test(key) ? "it is about the limited palette; --regularize palette, smoothness" : "not known");
      if (value !== "") out.leftOut(key, why);
    }
    return out;
  },
};

/** Scenes as a story; their marks of weights are the same. */
function story(out: TranslationWriter, scenes: readonly string[]): void {
  if (scenes.length > 0) out.add(scenes.join(" ^ "));
  else out.note("no scenes: write a prompt");
  if (scenes.some((scene) => /:[^|]*_|\[.*\]/.test(scene))) {
    out.note("prompts with masks or pictures in brackets are not read; `edit --mask`, --image-prompt");
  }
}

const motionKeys = ["translate_x", "translate_y", "rotate_2d", "zoom_x_2d", "zoom_y_2d"] as const;

/** Moves by plain numbers; formulas of time have no counterpart. */
function motion(out: TranslationWriter, take: (key: string) => string | undefined): void {
  const numbers = new Map<string, number>();
  for (const key of motionKeys) {
    const text = take(key) ?? "0";
    if (Number.isFinite(Number(text))) numbers.set(key, Number(text));
    else out.leftOut(`${key}=${text}`, "formulas of time are not read; a number moves each frame alike");
  }
  const of = (key: (typeof motionKeys)[number]) => numbers.get(key) ?? 0;
  if (of("translate_x") !== 0 || of("translate_y") !== 0) out.add("--pan", `${of("translate_x")},${of("translate_y")}`);
  if (of("rotate_2d") !== 0) out.add("--rotate", of("rotate_2d"));
  if (of("zoom_x_2d") !== 0 || of("zoom_y_2d") !== 0) {
    out.leftOut("zoom_x_2d, zoom_y_2d", "they are pixels a frame; --zoom is a factor, such as 1.02");
  }
}
