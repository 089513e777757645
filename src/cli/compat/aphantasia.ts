/** eps696/aphantasia, `clip_fft.py`: pictures from a Fourier spectrum, as our generator `fft`. */
import { type Flag, readFlags } from "./foreign-command.js";
import { type ForeignProgram, TranslationWriter } from "./translation.js";

const flags = {
  in_img: { also: ["-i"] },
  in_txt: { also: ["-t"] },
  in_txt2: { also: ["-t2"] },
  in_txt0: { also: ["-t0"] },
  weight_img: { also: ["-wi"] },
  out_dir: {},
  size: { also: ["-s"] },
  resume: { also: ["-r"] },
  fstep: {},
  opt_step: { also: ["-ops"] },
  translate: { also: ["-tr"], count: 0 },
  multilang: { also: ["-ml"], count: 0 },
  save_pt: { count: 0 },
  verbose: { also: ["-v"], count: 0 },
  "no-verbose": { also: ["-nv"], count: 0 },
  model: { also: ["-m"] },
  steps: {},
  samples: {},
  lrate: { also: ["-lr"] },
  prog: { also: ["-p"], count: 0 },
  dualmod: { also: ["-dm"] },
  optimizer: { also: ["-opt"] },
  sim: {},
  dwt: { count: 0 },
  wave: { also: ["-w"] },
  align: { also: ["-a"] },
  transform: { also: ["-tf"], count: "*" },
  contrast: {},
  colors: {},
  decay: {},
  sharp: { also: ["-sh"] },
  macro: { also: ["-mm"] },
  aest: {},
  enhance: {},
  enforce: { also: ["-e"] },
  expand: { also: ["-x"] },
  noise: { also: ["-n"] },
  notext: { also: ["-nt"] },
  sync: { also: ["-c"] },
  invert: { count: 0 },
} as const satisfies Record<string, Flag>;

type Name = keyof typeof flags;

/** What there is no counterpart of, and why. */
const without: Partial<Readonly<Record<Name, string>>> = {
  fstep: "the picture is written at the end; --keep-every keeps a run's states",
  verbose: "progress is shown; --quiet for none",
  translate: "texts are not sent anywhere; --text-tower reads many languages",
  prog: "--schedule kind=linear,warmup=.. is what a rate's course is asked by",
  dwt: "there are no wavelets; the spectrum stays",
  wave: "there are no wavelets",
  align: "windows lie within the picture; --cut-method and --padding say how",
  contrast: "the picture has no gain of its own",
  colors: "the colours have no gain of their own; --regularize saturation:..",
  decay: "the spectrum's scale is 1 / frequency",
  sharp: "--regularize smoothness with a negative weight asks for sharpness",
  enhance: "windows are not held apart from each other",
  enforce: "windows are not held to each other",
  expand: "a step's picture is not held apart from the one before",
  dualmod: "several CLIPs look at every step: --clip A --clip B",
  opt_step: "the picture is written at the end; --keep-every keeps a run's states",
  "no-verbose": "--quiet shows no progress",
  noise: "--augment grain:.. adds noise to windows",
  macro: "--cut-power below 1 prefers large windows, above 1 small ones",
  sync: "`edit` with --structure and --perceptual keeps a picture's composition",
  invert: "negative weights turn a prompt around",
};

export const aphantasia: ForeignProgram = {
  name: "aphantasia's clip_fft.py",
  begins: (words) => {
    const at = words.findIndex((word) => /(^|[/\\])clip_fft\.py$/.test(word));
    return at < 0 ? undefined : at + 1;
  },
  translate: (words) => {
    const { given, unknown } = readFlags(flags, words);
    const out = new TranslationWriter();
    const first = (name: Name) => given.get(name)?.[0];
    out.add("generate");
    const prompts = [
      ...(first("in_txt") === undefined ? [] : [weighted(first("in_txt") as string, 1)]),
      ...(first("in_txt2") === undefined ? [] : [weighted(first("in_txt2") as string, 0.5)]),
      ...(first("in_txt0") === undefined ? [] : [weighted(first("in_txt0") as string, -1)]),
      ...(given.has("notext") && first("in_txt") !== undefined ? [weighted("text", -Number(first("notext")))] : []),
    ];
    if (prompts.length > 0) out.add(prompts.join(" | "));
    if (given.has("notext")) out.note("--notext: a written prompt is not drawn to be pushed from; the word text is");
    out.add("--generator", "fft");
    similarity(out, first("sim") ?? "mix");
    const many = given.has("multilang");
    out.clips([many ? "ViT-B/32" : (first("model") ?? "ViT-B/32")]);
    if (many) out.add("--text-tower", "sentence-transformers/clip-ViT-B-32-multilingual-v1");
    const [width = "1280", height = width] = (first("size") ?? "1280-720").split("-");
    out.add("--size", `${width}x${height}`);
    out.add("--steps", first("steps") ?? 200, "--cutouts", first("samples") ?? 200);
    out.add("--learning-rate", first("lrate") ?? 0.05);
    if (given.has("optimizer")) out.optimizer((first("optimizer") as string).replace(/_custom$/, ""));
    if (first("transform") === "none") out.add("--augment", "none");
    else out.note(`--transform ${first("transform") ?? "fast"}: our views are not its own; see --augment`);
    if (first("in_img")) out.add("--image-prompt", `${first("in_img")}:${first("weight_img") ?? 0.5}`);
    if (given.has("aest")) aesthetics(out, Number(first("aest")), first("model"));
    if (first("resume")) {
      if (/\.(png|jpe?g|tiff?|bmp)$/i.test(first("resume") as string)) out.initImage(first("resume") as string);
      else out.leftOut("--resume", "its snapshots are not read; ours are sessions: --save-state, resume");
    }
    if (given.has("save_pt")) out.add("--save-state", "spectrum.vqclip");
    if (first("out_dir")) out.note(`--out_dir ${first("out_dir")}: name the file by --output`);
    for (const name of given.keys()) if (without[name] !== undefined) out.leftOut(`--${name}`, without[name] as string);
    out.unknown(unknown);
    return out;
  },
};

function similarity(out: TranslationWriter, name: string): void {
  if (name.includes("spher")) out.add("--distance", "spherical");
  else out.add("--distance", "cosine");
  if (/mix|ang|dot/.test(name)) out.note(`--sim ${name}: cosine comes nearest`);
}

/** Its predictor sits on the run's own CLIP; ours of that kind on ViT-L/14. */
function aesthetics(out: TranslationWriter, weight: number, model: string | undefined): void {
  const PER_MARK = 0.001;
  if (model === "ViT-L/14") out.add("--reward", `aesthetic-v1:${weight * PER_MARK}`);
  else
    out.leftOut("--aest", "--reward aesthetic-v1 is for ViT-L/14; a head of another CLIP by --reward-model NAME=FILE");
}

/** A text that is one prompt, whatever signs are in it. */
function weighted(text: string, weight: number): string {
  const plain = text.replace(/[\\|:^]/g, " ").trim();
  return weight === 1 ? plain : `${plain}:${weight}`;
}
