/** `--image-prompt`, `--noise-prompt`, `--vector-prompt`: what a run is drawn to beside texts, each with weight and stop. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { requires, VqganClipError } from "../core/errors.js";
import { SEED_FORM, type Seed, seedFrom } from "../core/seed.js";
import { readTextInput } from "../files/read-input.js";
import { onDisk } from "../models/on-disk.js";
import type { TargetRequest } from "../pair/requests.js";
import { parseAim } from "../prompts/prompt.js";
import { weightSetting } from "../prompts/weight.js";
import { formulaIn, withoutFormulas } from "../sound/follow.js";
import { readSound } from "../video/read-sound.js";

/** @param follows whether weights may be formulas of a sound, which stay as they are written */
export function addTargetOptions(command: Command, follows = false): Command {
  const aims = (text: string, former: readonly Aim[] = []) => [...former, aimOf(text, follows)];
  return command
    .option(
      "--image-prompt <file:weight:stop>",
      "a picture to be near (default: none; may be given several times)",
      aims,
    )
    .addOption(
      new Option(
        "--image-views <kind>",
        "take an image prompt's cutouts once or anew each step (default: fixed)",
      ).choices(["fixed", "fresh"]),
    )
    .option("--noise-prompt <seed:weight:stop>", "a random direction (default: none; may be given several times)", aims)
    .option(
      "--vector-prompt <json:weight:stop>",
      "an embedding that embed --json wrote (default: none; may be given several times)",
      aims,
    )
    .option(
      "--sound-prompt <file:weight:stop>",
      "a sound to be near, by --sound-model (default: none; may be given several times)",
      aims,
    )
    .option(
      "--sound-model <file>",
      "Wav2CLIP's checkpoint, for --clip openai/clip-vit-base-patch32, or LanguageBind's audio folder, for laion's ViT-L/14 of DataComp XL (default: none)",
    );
}

interface Aim {
  /** The file or the seed */
  readonly text: string;
  readonly weight: number | string;
  readonly stop: number;
}

/** Written as prompts are, with a file or a seed for the text. */
function aimOf(text: string, follows: boolean): Aim {
  try {
    const formula = follows ? formulaIn(text) : undefined;
    const { weight, ...aim } = parseAim(formula === undefined ? text : withoutFormulas(text));
    return { ...aim, weight: formula ?? weightSetting(weight) };
  } catch (error) {
    if (!(error instanceof VqganClipError)) throw error;
    throw new InvalidArgumentError(error.message.replace(/^prompt: /, ""));
  }
}

/** What a command line named, read. @throws IO_FAILED, BAD_FILE, BAD_ARGUMENT */
export async function targetsFrom(flags: Readonly<Record<string, unknown>>): Promise<TargetRequest<string>[]> {
  const of = (name: string) => (flags[name] ?? []) as readonly Aim[];
  const views = (flags.imageViews ?? "fixed") as "fixed" | "fresh";
  const vectors = of("vectorPrompt").map(async ({ text, ...aim }) => ({
    kind: "vector" as const,
    vector: await vectorOf(text),
    ...aim,
  }));
  return [
    ...of("imagePrompt").map(({ text, ...aim }) => ({ kind: "image" as const, image: text, views, ...aim })),
    ...of("noisePrompt").map(({ text, ...aim }) => ({ kind: "noise" as const, seed: seedOf(text), ...aim })),
    ...(await Promise.all(vectors)),
    ...(await soundTargets(of("soundPrompt"), flags)),
  ];
}

/** Sounds as the vectors that they are in the CLIP's space. */
async function soundTargets(
  sounds: readonly Aim[],
  { soundModel, threads }: Readonly<Record<string, unknown>>,
): Promise<TargetRequest<string>[]> {
  if (sounds.length === 0) return [];
  requires(
    typeof soundModel === "string",
    "BAD_ARGUMENT",
    () => "--sound-prompt: nothing hears it",
    "name Wav2CLIP's checkpoint or LanguageBind's folder by --sound-model",
  );
  const { readSoundEncoder } = await import("../models/sound-encoder.js"); // the engine is loaded when it is needed
  const encoder = await readSoundEncoder(await onDisk(soundModel));
  const targets: TargetRequest<string>[] = [];
  for (const { text, ...aim } of sounds) {
    const options = threads === undefined ? {} : { threads: threads as number };
    targets.push({ kind: "vector", vector: [...(await encoder.embed(await readSound(text), options))], ...aim });
  }
  return targets;
}

function seedOf(text: string): Seed {
  const seed = seedFrom(text);
  requires(
    seed !== undefined,
    "BAD_ARGUMENT",
    () => `--noise-prompt: "${text}" is no seed, which is ${SEED_FORM}`,
    "write seed:weight, such as 42:0.1",
  );
  return seed;
}

async function vectorOf(path: string): Promise<number[]> {
  const text = await readTextInput(path);
  try {
    const value: unknown = JSON.parse(text);
    const numbers = Array.isArray(value) ? value : (value as { embedding?: unknown } | null)?.embedding;
    if (Array.isArray(numbers) && numbers.every((number) => typeof number === "number")) return numbers;
  } catch {
    // said below
  }
  throw new VqganClipError("BAD_FILE", `--vector-prompt: ${path} holds no embedding`, "embed --json writes one");
}
