/**
 * `.vqclip`: a run saved as a ZIP that others can read without us: manifest.json, state.safetensors, image.png. Entries
 * are stored in fixed order with a fixed date, so equal runs give equal bytes.
 */
import { strFromU8, strToU8, unzipSync, type Zippable, zipSync } from "fflate";
import { z } from "zod";
import { requires, VqganClipError } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { RANDOM_NAME } from "../core/random.js";
import { sameShape } from "../core/shape.js";
import { optimizers } from "../optim/optimizer.js";
import { parseSafetensors, writeSafetensors } from "../weights/safetensors.js";
import type { EditSource } from "./edit.js";
import { checkMask } from "./mask.js";
import { beginnings } from "./metadata.js";
import { identitySchema, type ModelIdentity } from "./model-identity.js";
import type { RunState } from "./run.js";
import { checkSettings } from "./settings.js";

const FORMAT = "vqclip";
const VERSION = 2;
const MAX_STATE_BYTES = 1 << 30;
/** ZIP dates begin in 1980; files carry no clock. */
const FIXED_DATE = new Date(1980, 0, 1);

export interface SessionFile {
  readonly state: RunState;
  readonly models: readonly ModelIdentity[];
}

const manifestSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  step: z.int().min(0),
  beganFrom: z.enum(beginnings),
  changed: z.boolean(),
  /** An edit's source; its pixels and mask are in state.safetensors. */
  source: z.object({ sha256: z.string() }).optional(),
  /** What each target's numbers were made from; they are in state.safetensors. */
  targets: z.array(z.object({ sha256: z.string().optional() })),
  settings: z.unknown(),
  models: z.array(identitySchema),
  random: z.literal(RANDOM_NAME),
  optimizerStep: z.int().min(0),
  /** How many latents the running average holds; its sum is in state.safetensors. */
  averageCount: z.int().min(1).optional(),
  watch: z.object({ smoothed: z.number(), lowest: z.number(), since: z.int().min(0) }).optional(),
  /** Its latent is in state.safetensors. */
  best: z.object({ step: z.int().min(0), score: z.number() }).optional(),
});

/** @param png the picture so far, for people and file browsers */
export function writeSession({ state, models }: SessionFile, png?: Uint8Array): Uint8Array {
  const {
    settings,
    beganFrom,
    changed,
    source,
    targets,
    step,
    z: latent,
    latentTarget,
    optimizer,
    average,
    watch,
    best,
  } = state;
  const manifest = {
    format: FORMAT,
    version: VERSION,
    step,
    beganFrom,
    changed,
    ...(source && { source: { sha256: source.sha256 } }),
    targets: targets.map(({ sha256 }) => (sha256 === undefined ? {} : { sha256 })),
    settings,
    models: [...models],
    random: RANDOM_NAME,
    optimizerStep: optimizer.step,
    ...(average && { averageCount: average.count }),
    ...(watch && { watch }),
    ...(best && { best: { step: best.step, score: best.score } }),
  } satisfies z.input<typeof manifestSchema>;
  const arrays: Record<string, NDArray> = { z: latent, latentTarget };
  for (const [name, array] of Object.entries(optimizer.arrays)) arrays[`optimizer.${name}`] = array;
  if (average) arrays.average = average.biased;
  if (best) arrays["best.z"] = best.z;
  if (source) arrays.source = source.picture;
  if (source?.mask) arrays.mask = source.mask;
  targets.forEach(({ numbers }, i) => {
    arrays[`target.${i}`] = numbers;
  });
  const files: Zippable = {
    "manifest.json": strToU8(`${JSON.stringify(manifest, null, 2)}\n`),
    "state.safetensors": [writeSafetensors(arrays), { level: 0 }],
    ...(png && { "image.png": [png, { level: 0 }] as Zippable[string] }),
  };
  return zipSync(files, { mtime: FIXED_DATE, level: 6 });
}

/** @throws BAD_FILE when the bytes are no session, are damaged, or come from a newer version */
export async function readSession(bytes: Uint8Array): Promise<SessionFile> {
  const entries = unzip(bytes);
  const [manifestBytes, stateBytes] = [entries["manifest.json"], entries["state.safetensors"]];
  requires(
    manifestBytes && stateBytes,
    "BAD_FILE",
    () => "session: the archive lacks manifest.json or state.safetensors",
  );
  const manifest = manifestSchema.safeParse(parseJson(strFromU8(manifestBytes)));
  if (!manifest.success) {
    const issue = manifest.error.issues[0];
    throw new VqganClipError("BAD_FILE", `session: manifest.json: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  const { models, step, beganFrom, changed, optimizerStep, averageCount, source, watch, best } = manifest.data;
  const settings = checkSettings(manifest.data.settings);
  const arrays: Record<string, NDArray> = {};
  const dict = parseSafetensors(stateBytes, "state.safetensors");
  for (const name of dict.names) arrays[name] = await dict.read(name);
  const { z: latent, latentTarget, ...rest } = arrays;
  requires(latent && latentTarget, "BAD_FILE", () => "session: state.safetensors lacks z or latentTarget");
  const moments: Record<string, NDArray> = {};
  for (const name of Object.keys(optimizers[settings.optimizer].init(0).arrays)) {
    const array = rest[`optimizer.${name}`];
    requires(array?.size === latent.size, "BAD_FILE", () => `session: optimizer.${name} is missing or of another size`);
    moments[name] = array;
  }
  const optimizer = { step: optimizerStep, arrays: moments };
  requires(
    (averageCount !== undefined) === settings.average > 0,
    "BAD_FILE",
    () => "session: manifest.json: averageCount and settings disagree",
  );
  const edited = source && { source: sourceOf(source.sha256, rest.source, rest.mask) };
  requires(
    manifest.data.targets.length === settings.targets.length,
    "BAD_FILE",
    () => "session: manifest.json: targets and settings disagree",
  );
  const targets = manifest.data.targets.map(({ sha256 }, i) => {
    const numbers = rest[`target.${i}`];
    requires(numbers, "BAD_FILE", () => `session: state.safetensors lacks target.${i}`);
    return { numbers, ...(sha256 !== undefined && { sha256 }) };
  });
  return {
    state: {
      settings,
      beganFrom,
      changed,
      ...edited,
      targets,
      step,
      z: latent,
      latentTarget,
      optimizer,
      ...(averageCount !== undefined && {
        average: { biased: likeLatent("average", rest.average, latent), count: averageCount },
      }),
      ...(watch && { watch }),
      ...(best && { best: { ...best, z: likeLatent("best.z", rest["best.z"], latent) } }),
    },
    models,
  };
}

function likeLatent(name: string, array: NDArray | undefined, { shape }: NDArray): NDArray {
  requires(
    array?.dtype === "float32" && sameShape(array.shape, shape),
    "BAD_FILE",
    () => `session: ${name} is missing or of another size`,
  );
  return array;
}

function sourceOf(sha256: string, picture: NDArray | undefined, mask: NDArray | undefined): EditSource {
  requires(
    picture?.dtype === "uint8" && picture.shape.length === 3 && picture.shape[0] === 3,
    "BAD_FILE",
    () => "session: state.safetensors lacks the source of the edit",
  );
  if (!mask) return { picture, sha256 };
  const [, height, width] = picture.shape as [number, number, number];
  requires(mask.dtype === "uint8" && mask.shape.length === 2, "BAD_FILE", () => `session: mask is ${mask}`);
  checkMask(mask, [height, width]);
  return { picture, sha256, mask };
}

function unzip(bytes: Uint8Array): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        requires(originalSize <= MAX_STATE_BYTES, "BAD_FILE", () => `session: ${name} claims ${originalSize} bytes`);
        return name === "manifest.json" || name === "state.safetensors";
      },
    });
  } catch (error) {
    if (error instanceof VqganClipError) throw error;
    throw new VqganClipError("BAD_FILE", "session: not a readable .vqclip (ZIP) file", "was it copied completely?");
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new VqganClipError("BAD_FILE", "session: manifest.json is not JSON");
  }
}
