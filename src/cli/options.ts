/** Command-line options made from the settings' schema: what each takes, how it is checked, where its default comes from. */
import { type Command, InvalidArgumentError, Option } from "commander";
import * as z from "zod";
import { VqganClipError } from "../core/errors.js";
import { SEED_FORM } from "../core/seed.js";
import { augmentationForms, parseAugmentations } from "../guidance/augmentation-list.js";
import { courseWords, parseCourses } from "../guidance/course-list.js";
import { DIRECTION_FORM, parseDirection } from "../guidance/direction-form.js";
import { parsePictureRegularizers, pictureRegularizerForms } from "../guidance/picture-regularizer-list.js";
import { presetNames, presets } from "../guidance/presets.js";
import { mergedNames, type SettingsRequest } from "../guidance/resolve-settings.js";
import { parseRewardName, parseRewards, REWARD_FORM } from "../guidance/reward-list.js";
import { choices, range } from "../guidance/setting-words.js";
import { type Recipe, type SettingName, settingsSchema } from "../guidance/settings.js";
import { devices } from "../runtime/devices.js";
import type { PretrainedOptions } from "../vqgan-clip.js";
import { addRewardModelOptions, rewardModelArguments, rewardModelsFrom } from "./reward-options.js";

const flags: Readonly<Record<SettingName, string>> = {
  prompts: "-p, --prompts <text>",
  generatorPrompt: "--generator-prompt <text>",
  noising: "--noising <x>",
  targets: "--targets <list>",
  size: "-s, --size <WxH>",
  seed: "--seed <n>",
  steps: "-i, --steps <n>",
  optimizer: "--optimizer <name>",
  search: "--search <kind>",
  population: "--population <n>",
  spread: "--spread <x>",
  learningRate: "--learning-rate <x>",
  schedule: "--schedule <list>",
  gradientClip: "--gradient-clip <x>",
  whiten: "--whiten <on|off>",
  plateau: "--plateau <list>",
  keepBest: "--keep-best <on|off>",
  judgeEvery: "--judge-every <n>",
  cutouts: "--cutouts <n>",
  cutMethod: "--cut-method <name>",
  cutPower: "--cut-power <x>",
  augmentations: "--augment <list>",
  latent: "--latent <kind>",
  average: "--average <x>",
  start: "--start <kind>",
  candidates: "--candidates <n>",
  basis: "--basis <n>",
  distance: "--distance <kind>",
  padding: "--padding <kind>",
  regularizer: "--regularizer <list>",
  prior: "--prior <list>",
  pictureRegularizers: "--regularize <list>",
  rewards: "--reward <list>",
  judgeReward: "--judge-reward <name>",
  structure: "--structure <x>",
  perceptual: "--perceptual <x>",
  direction: "--direction <texts>",
  content: "--content <x>",
  edges: "--edges <x>",
  feather: "--feather <px>",
  motion: "--motion <list>",
  temporal: "--temporal <list>",
  courses: "--course <list>",
  clampToCodebook: "--clamp-to-codebook <on|off>",
  promptReduction: "--prompt-reduction <kind>",
  sceneFade: "--scene-fade <x>",
  longPrompts: "--long-prompts <way>",
  perceptorWeights: "--perceptor-weights <list>",
  recompute: "--recompute <on|off>",
  microBatch: "--micro-batch <n>",
};

const settingNames = Object.keys(flags) as SettingName[];
const attributeOf = (name: SettingName): string => new Option(flags[name]).attributeName();

/** The setting that `--name` is the flag of. */
export function settingOfFlag(name: string): SettingName | undefined {
  return settingNames.find((setting) => new Option(flags[setting]).long === `--${name}`);
}

/** What a run begins from decides which settings it has; targets and videos have options of their own. */
type RunKind = "generate" | "edit" | "video" | "style";
const absent: Readonly<Record<RunKind, readonly SettingName[]>> = {
  generate: ["targets", "motion", "temporal", "structure", "perceptual", "direction", "content", "edges", "feather"],
  edit: ["targets", "motion", "temporal", "start", "candidates", "whiten"],
  video: [
    "targets",
    "motion",
    "temporal",
    "structure",
    "perceptual",
    "direction",
    "content",
    "edges",
    "feather",
    "plateau",
    "judgeEvery",
    "judgeReward",
  ],
  style: ["targets", "motion", "temporal", "start", "candidates", "whiten", "feather", "judgeEvery", "judgeReward"],
};

/** Whose steps, where there are several frames. */
const ofSteps: Partial<Record<RunKind, string>> = { video: "for the first frame", style: "for each frame" };

/** Adds every setting of a run to a command. @param parse reads a setting from its text */
export function addSettingOptions(
  command: Command,
  kind: RunKind = "generate",
  parse: (name: SettingName, text: string) => unknown = parseSetting,
): Command {
  for (const name of settingNames) {
    if (absent[kind].includes(name)) continue;
    const of = name === "steps" && kind in ofSteps ? ` ${ofSteps[kind]}` : "";
    const option = new Option(flags[name], `${describe(name)}${of} ${defaultOf(name, kind)}`);
    if (name === "prompts") option.argParser((text, former: string[] = []) => [...former, text]);
    else option.argParser((text) => parse(name, text));
    command.addOption(option);
  }
  return command
    .addOption(
      new Option("--init-weight <x>", "stay near the first latent: --regularizer weight=x,target=init,decay=0")
        .argParser((text) => parseSetting("regularizer", `weight=${text},target=init,decay=0`))
        .conflicts("regularizer"),
    )
    .addOption(
      new Option("--preset <name>", "recipe to start from (default: the model's recommendation, then paper)").choices(
        presetNames,
      ),
    );
}

/** What of the settings a command line named. */
export function settingsFrom(
  options: Readonly<Record<string, unknown>>,
  positional: readonly string[],
): Omit<SettingsRequest, "targets"> {
  const prompts = [...positional, ...((options.prompts as string[] | undefined) ?? [])];
  const request: Record<string, unknown> = {};
  for (const name of settingNames) request[name] = options[attributeOf(name)];
  Object.assign(request, { prompts: prompts.length > 0 ? prompts : undefined, preset: options.preset });
  if (options.initWeight !== undefined) request.regularizer = options.initWeight;
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
}

/** Which model, and where it runs. */
export function addModelOptions(command: Command): Command {
  addRewardModelOptions(command);
  return command
    .option("-m, --model <dir>", "pair of models: a folder with vqgan/ and clip/ (default: the bundled compact pair)")
    .option(
      "--generator <path>",
      "generator: folder of a VQGAN, an autoencoder or a diffusion model, checkpoint with its yaml, a name that models pull got, or pixels, fft, strokes (strokes:count=32,ink=black), mesh:FILE.obj (mesh:FILE.obj,views=6) or unet (for edit and style), which have no weights (default: the pair's vqgan/)",
    )
    .addOption(new Option("--vqgan <path>", "another name of --generator (default: as there)").conflicts("generator"))
    .option(
      "--final-vae <path>",
      "draws the finished picture in the place of a diffusion model's own autoencoder, which steps go on to look through: a folder of diffusers, or a name that models pull got (default: its own)",
    )
    .option(
      "--clip <path>",
      "CLIP: folder, archive, or a name that models pull got; several times for several that look together (default: the pair's clip/)",
      (text: string, others: readonly string[] = []) => [...others, text],
    )
    .option(
      "--text-tower <path>",
      "reads prompts in many languages in place of the CLIP's own text tower: languages for the bundled pair's, a folder of sentence-transformers or M-CLIP, or a name that models pull got (default: the CLIP's own)",
    )
    .option("--vgg <path>", "what --content goes by: VGG19's file from torchvision or timm (default: none)")
    .addOption(
      new Option(
        "--device <name>",
        "where to run (default: cpu, the same bytes everywhere; auto takes the fastest)",
      ).choices([...devices, "auto"]),
    )
    .addOption(
      new Option(
        "--threads <n>",
        "CPU threads (default: the physical cores this process may use); results do not depend on it",
      ).argParser((text) => wholeNumber(text, 1, 1024)),
    );
}

/** For commands that have models and no settings of a run. */
export function addPerceptorWeights(command: Command): Command {
  return command.addOption(
    new Option(
      flags.perceptorWeights,
      `how much each CLIP counts: ${takes("perceptorWeights")} (default: 1 each)`,
    ).argParser((text) => parseSetting("perceptorWeights", text)),
  );
}

/** For opening the models: nothing is downloaded on the way, `models pull` does that and asks first. */
export function modelFrom(options: Readonly<Record<string, unknown>>): PretrainedOptions {
  return { ...namedModel(options), localFilesOnly: true };
}

function namedModel(options: Readonly<Record<string, unknown>>): PretrainedOptions {
  const names = [
    "model",
    "vqgan",
    "finalVae",
    "clip",
    "textTower",
    "vgg",
    "device",
    "threads",
    "lowMemory",
    "maxMemory",
  ] as const;
  const given = names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]);
  const { generator } = options;
  return {
    ...Object.fromEntries(given),
    ...(generator !== undefined && { vqgan: generator as string }),
    ...(options.judgeClip !== undefined && { judge: options.judgeClip as string }),
    ...rewardModelsFrom(options),
  };
}

/** Flags that are not called as the library calls their option. */
const flagOfModel: Readonly<Record<string, string>> = {
  judge: "--judge-clip",
  textTower: "--text-tower",
  finalVae: "--final-vae",
};

/** The same model options written out again, for a command to be copied. */
export function modelArguments(options: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(namedModel(options)).flatMap(([name, value]) => {
    if (name === "rewards") return rewardModelArguments(options);
    if (name === "lowMemory") return ["--low-memory"];
    if (name === "maxMemory") return ["--max-memory", `${Number(value) / 1e6}MB`];
    const flag = flagOfModel[name] ?? `--${name}`;
    return [value].flat().flatMap((each) => [flag, String(each)]);
  });
}

export function wholeNumber(text: string, low: number, high: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < low || value > high) {
    throw new InvalidArgumentError(`expected a whole number from ${low} to ${high}`);
  }
  return value;
}

export function numberBetween(text: string, low: number, high: number): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= low && value <= high)) {
    throw new InvalidArgumentError(`expected a number from ${low} to ${high}`);
  }
  return value;
}

/** A setting from its text. @throws InvalidArgumentError saying what it takes */
export function parseSetting<Name extends SettingName>(name: Name, text: string): unknown {
  const schema: z.ZodType = settingsSchema.shape[name];
  const value = fromText(name, schema, text.trim());
  const parsed = (partly[name] ?? schema).safeParse(value);
  if (!parsed.success) throw new InvalidArgumentError(`expected ${takes(name)}`);
  return parsed.data;
}

/** Settings of several fields: the one that may stand without its name, and what may be left out. */
const leading: Partial<Record<SettingName, string>> = {
  regularizer: "weight",
  prior: "weight",
  schedule: "kind",
  plateau: "patience",
};
const partly: Partial<Record<SettingName, z.ZodType>> = Object.fromEntries(
  mergedNames.map((name) => [name, settingsSchema.shape[name].partial()]),
);

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function fromText(name: SettingName, schema: z.ZodType, text: string): unknown {
  if (name === "augmentations") return listFrom(parseAugmentations, text);
  if (name === "pictureRegularizers") return listFrom(parsePictureRegularizers, text);
  if (name === "courses") return listFrom(parseCourses, text);
  if (name === "rewards") return listFrom(parseRewards, text);
  if (name === "judgeReward") return text === "none" ? null : listFrom((one) => [parseRewardName(one)], text)[0];
  if (name === "perceptorWeights") {
    return text === "none" ? [] : text.split(",").map((part) => (NUMBER.test(part.trim()) ? Number(part) : part));
  }
  if (name === "direction") return listFrom((one) => [parseDirection(one)], text)[0];
  if (name === "size") {
    const [, width, height = width] = /^(\d+)(?:x(\d+))?$/i.exec(text) ?? [];
    return [Number(width), Number(height)];
  }
  if (name === "seed" || name === "generatorPrompt") return text; // a number would round it
  const first = leading[name];
  if (first !== undefined) {
    const fields = text.split(",").map((field) => (field.includes("=") ? field.split("=", 2) : [first, field]));
    return Object.fromEntries(fields.map(([key = "", value = ""]) => [key.trim(), fieldValue(key.trim(), value)]));
  }
  if (schema instanceof z.ZodBoolean) return text === "on" ? true : text === "off" ? false : text;
  return schema instanceof z.ZodNumber && NUMBER.test(text) ? Number(text) : text;
}

function listFrom<Entry>(parse: (text: string) => Entry[], text: string): Entry[] {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof VqganClipError)) throw error;
    throw new InvalidArgumentError(`${error.message.replace(/^\w+: /, "")}; ${error.hint ?? ""}`);
  }
}

function fieldValue(key: string, value: string): unknown {
  if (NUMBER.test(value)) return Number(value);
  return key === "restart" && (value === "on" || value === "off") ? value === "on" : value;
}

function describe(name: SettingName): string {
  const schema = settingsSchema.shape[name];
  return name === "prompts" ? `${schema.description}` : `${schema.description}: ${takes(name)}`;
}

/** What may be written for a setting. */
export function takes(name: SettingName): string {
  if (name === "size") return `WxH (or one number) of ${range(settingsSchema.shape.size.def.items[0])} a side`;
  if (name === "augmentations") {
    return `none, a preset's name, or a list of ${augmentationForms.join(", ")}, where values may be left out`;
  }
  if (name === "perceptorWeights") return "none, or one number above 0 for each --clip, such as 1,0.5";
  if (name === "pictureRegularizers") {
    return `none, or a list of ${pictureRegularizerForms.join(", ")}, where weights may be keyframes (0.1->0)`;
  }
  if (name === "courses") {
    return `none, or name=keyframes, such as zoom=1->1.1, several joined by commas; names: ${courseWords.join(", ")}`;
  }
  if (name === "rewards") {
    return `none, or ${REWARD_FORM}, several joined by |, each with :weight, as in "aesthetic:0.1 | calm <-> tense:0.5"; 0 tells it only`;
  }
  if (name === "judgeReward") return `none, or ${REWARD_FORM}`;
  if (name === "direction") return `none, or ${DIRECTION_FORM}`;
  if (name === "regularizer") {
    const { weight, target, every } = settingsSchema.shape.regularizer.shape;
    return `weight (${range(weight)}), or weight=..,target=${choices(target)},decay=..,every=.. (${range(every)}),restart=on or off`;
  }
  if (name === "prior") {
    const { weight } = settingsSchema.shape.prior.shape;
    return `weight (${range(weight)}), or weight=..,from=..,to=..,final=..`;
  }
  if (name === "seed") return SEED_FORM;
  if (name === "schedule") {
    return "constant, linear, cosine, step, exponential or stages, and fields as in cosine,warmup=20,final=0.1,cycles=2, step,decay=0.5,every=100 or stages,middle=0.4,last=0.1";
  }
  if (name === "plateau") {
    const { patience, smoothing } = settingsSchema.shape.plateau.shape;
    return `patience (${range(patience)}; 0 for never), or patience=..,delta=..,smoothing=.. (${range(smoothing)})`;
  }
  const schema: z.ZodType = settingsSchema.shape[name];
  if (schema instanceof z.ZodNumber) return range(schema);
  if (schema instanceof z.ZodEnum) return choices(schema);
  if (schema instanceof z.ZodBoolean) return "on or off";
  return "a text";
}

function defaultOf(name: SettingName, kind: RunKind): string {
  const edits = kind === "edit" || kind === "style";
  if (edits && (name === "steps" || name === "regularizer" || name === "structure")) {
    return "(default: as --strength decides)";
  }
  if (edits && name === "size") return "(default: the picture's own, within --max-side)";
  if (name === "prompts") return "(default: none; may be given several times)";
  if (name === "generatorPrompt") return "(default: the prompts that attract)";
  if (name === "seed") return "(default: drawn, and reported)";
  if (name === "size") return "(default: the model's recommendation, else the generator's own size)";
  return `(default: the model's recommendation, else preset paper's ${written(name)})`;
}

function written(name: keyof Recipe): string {
  if (name === "augmentations") return presets.paper.augmentations.map(({ kind }) => kind).join(",");
  const value: unknown = presets.paper[name];
  if (value === null || (Array.isArray(value) && value.length === 0)) return "none";
  if (name in leading) {
    return Object.entries(value as object)
      .map(([key, value]) => `${key}=${value}`)
      .join(",");
  }
  return typeof value === "boolean" ? (value ? "on" : "off") : String(value);
}
