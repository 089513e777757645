/** What a model folder holds, for `models ls` and `inspect`. */
import { readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { VqganClipError } from "../core/errors.js";
import { weightNames, weightStems } from "../core/weight-names.js";
import { cardLicence, licenceLine } from "../hub/model-card.js";
import { imageRewardIn } from "../models/blip/image-reward.js";
import { readJsonIfThere } from "../models/files.js";
import { readHead } from "../models/head/read.js";
import { loadClip, loadGenerator } from "../models/load.js";
import type { ModelFile } from "../models/model-file.js";
import { readCheckpoint, weightsIn } from "../models/model-weights.js";
import { onDisk } from "../models/on-disk.js";
import { diffusersFolder, pipelineAt } from "../models/read-generator.js";
import { headIn, readReward } from "../models/read-reward.js";
import type { JointScorer } from "../models/reward.js";
import { isTextTower, LANGUAGES, readTextTower } from "../models/text-tower.js";
import type { StateDict } from "../weights/state-dict.js";

export interface ModelFacts {
  readonly name: string;
  readonly kind: "VQGAN" | "autoencoder" | "diffusion model" | "CLIP" | "text tower" | "reward";
  /** Numbers in all arrays of the checkpoint */
  readonly parameters: number;
  readonly bytes: number;
  /** As the checkpoint, its README or a LICENSE beside it says */
  readonly licence: string;
  readonly file: string;
  readonly sha256: string;
  readonly facts: Readonly<Record<string, number | boolean | string>>;
}

/** Where nobody says a licence. */
export const NOT_STATED = "not stated";

/** The models of a folder: those of a pair, or the one that it is. @throws BAD_MODEL when it is neither, or damaged */
export async function describeFolder(folder: string): Promise<ModelFacts[]> {
  const has = (name: string) =>
    stat(join(folder, name)).then(
      () => true,
      () => false,
    );
  if ((await has("vqgan")) || (await has("clip"))) {
    const pair = [
      ...((await has("vqgan")) ? [await describeDrawer(join(folder, "vqgan"))] : []),
      ...((await has("clip")) ? [await describeClip(join(folder, "clip"))] : []),
      ...((await has(LANGUAGES)) ? [await describeTextTower(join(folder, LANGUAGES))] : []),
    ];
    return pair.map((model) => ({ ...model, name: `${basename(resolve(folder))}/${model.name}` }));
  }
  const place = await onDisk(folder);
  if ((await pipelineAt(place)) || (await diffusersFolder(place)) || (await has("config.yaml"))) {
    return [await describeDrawer(folder)];
  }
  if (await isTextTower(place.files, await readJsonIfThere(place.files, "config.json"))) {
    return [await describeTextTower(folder)];
  }
  const clipFiles = ["config.json", "open_clip_config.json", ...weightNames(weightStems.openClip)];
  for (const name of clipFiles) if (await has(name)) return [await describeClip(folder)];
  const { files: own } = place;
  const file = await headIn(own);
  if (file !== undefined) {
    const { files, embeddingSize, outputs } = await readHead({ path: folder, files: own, file });
    const { name } = own;
    const facts = { embeddingSize, ...(outputs.length > 0 && { outputs: outputs.join(" ") }) };
    return [{ ...(await describe(folder, name, files)), kind: "reward", facts }];
  }
  const whole = await imageRewardIn(own);
  if (whole !== undefined) {
    const model = await readReward(place);
    const { inputSize, contextLength } = model as JointScorer;
    return [
      { ...(await describe(folder, own.name, model.files)), kind: "reward", facts: { inputSize, contextLength } },
    ];
  }
  throw new VqganClipError(
    "BAD_MODEL",
    `${folder}: no model is in there`,
    "a pair has vqgan/ and clip/, a VQGAN config.yaml and a checkpoint, a CLIP config.json and model.safetensors, an autoencoder config.json and diffusion_pytorch_model.safetensors",
  );
}

async function describeDrawer(folder: string): Promise<ModelFacts> {
  const pipeline = await pipelineAt(await onDisk(folder));
  return pipeline ? describeDiffusion(folder, pipeline.parts) : describeGenerator(folder);
}

async function describeGenerator(folder: string): Promise<ModelFacts> {
  const { name, files, factor, codebook, latentShape, resolution, encode } = await loadGenerator(folder);
  const [, channels] = latentShape([resolution, resolution]) as [number, number];
  const codes = codebook?.codes.shape[0];
  return {
    ...(await describe((await diffusersFolder(await onDisk(folder)))?.path ?? folder, name, files)),
    kind: codebook ? "VQGAN" : "autoencoder",
    facts: { factor, ...(codes && { codes }), channels, resolution, encodes: encode !== undefined },
  };
}

type Parts = NonNullable<Awaited<ReturnType<typeof pipelineAt>>>["parts"];

async function describeDiffusion(folder: string, parts: Parts): Promise<ModelFacts> {
  const { name, files, factor, text, latentShape, resolution, encode, codebook, prior } = await loadGenerator(folder);
  const [file] = files as readonly [ModelFile];
  const codes = codebook?.codes.shape[0];
  const [, channels] = latentShape([resolution, resolution]) as [number, number];
  const pipeline = (await onDisk(folder)).files;
  let parameters = 0;
  for (const { folder: part, stems, optional } of parts) {
    const within = pipeline.folder(part);
    if (optional && !(await within.has("config.json"))) continue;
    parameters += await countParameters(within.path, await weightsIn(within, stems, part));
  }
  return {
    name,
    kind: codebook ? "VQGAN" : "diffusion model",
    parameters,
    bytes: file.size,
    licence: (await licenceBeside(folder)) ?? NOT_STATED,
    file: file.name,
    sha256: await file.sha256(),
    facts: {
      factor,
      ...(codes && { codes }),
      channels,
      resolution,
      ...(prior && { prior: true }),
      ...(text && { contextLength: text.contextLength / (text.readings ?? 1) }),
      encodes: encode !== undefined,
    },
  };
}

async function describeClip(folder: string): Promise<ModelFacts> {
  const { name, files, inputSize, embeddingSize, contextLength, words } = await loadClip(folder);
  const facts = { inputSize, embeddingSize, contextLength, ...(words && { words: words.length }) };
  return { ...(await describe(folder, name, files)), kind: "CLIP", facts };
}

async function describeTextTower(folder: string): Promise<ModelFacts> {
  const { name, files, dicts, embeddingSize, contextLength } = await readTextTower(await onDisk(folder));
  const [file] = files as readonly [ModelFile];
  return {
    name,
    kind: "text tower",
    parameters: dicts.reduce((total, dict) => total + parametersOf(dict), 0),
    bytes: file.size,
    licence: (await licenceBeside(folder)) ?? NOT_STATED,
    file: file.name,
    sha256: await file.sha256(),
    facts: { embeddingSize, contextLength },
  };
}

async function describe(folder: string, name: string, files: readonly ModelFile[]) {
  const [file] = files as readonly [ModelFile];
  const dict = await weightsOf(folder, file.name);
  const own = dict.metadata.get("license") ?? dict.metadata.get("licence") ?? "";
  const licence = licenceLine(own) ?? (await licenceBeside(folder)) ?? NOT_STATED;
  return {
    name,
    parameters: parametersOf(dict),
    bytes: file.size,
    licence,
    file: file.name,
    sha256: await file.sha256(),
  };
}

/** Numbers in all arrays of a folder's checkpoint, by its name or that of the index of its parts; reads its table only. */
export async function countParameters(folder: string, name: string): Promise<number> {
  return parametersOf(await weightsOf(folder, name));
}

async function weightsOf(folder: string, name: string): Promise<StateDict> {
  return (await readCheckpoint((await onDisk(folder)).files, name, "a model")).weights;
}

function parametersOf({ entries }: StateDict): number {
  const floats = [...entries.values()].filter(({ dtype }) => dtype.startsWith("float"));
  return floats.reduce((total, { shape }) => total + shape.reduce((a, b) => a * b, 1), 0);
}

/** From a model card's header, or the first line of a licence file, in the folder or the pair's. */
export async function licenceBeside(folder: string): Promise<string | undefined> {
  for (const place of [folder, join(folder, "..")]) {
    const named = cardLicence(await text(join(place, "README.md")));
    if (named) return named;
    const [first = ""] = (await text(join(place, "LICENSE"))).trimStart().split("\n", 1);
    const line = licenceLine(first);
    if (line) return line;
  }
  return undefined;
}

async function text(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
