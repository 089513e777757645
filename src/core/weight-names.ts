/** How Hugging Face's libraries name a model's weights: whole or in parts, in variants, as safetensors or as PyTorch checkpoints. */
import { requires, VqganClipError } from "./errors.js";

/** What stands before the ending of either format. */
export interface WeightStems {
  readonly safetensors: string;
  readonly bin: string;
}

export const weightStems = {
  transformers: { safetensors: "model", bin: "pytorch_model" },
  diffusers: { safetensors: "diffusion_pytorch_model", bin: "diffusion_pytorch_model" },
  openClip: { safetensors: "open_clip_model", bin: "open_clip_pytorch_model" },
} as const satisfies Record<string, WeightStems>;

/** Full precision first; `non_ema` is of weights that were not averaged. */
const variants = ["", ".fp16", ".bf16", ".non_ema"];

/** All names, best first: `model.safetensors`, `model.safetensors.index.json` (of parts), `pytorch_model.bin`, ... `model.fp16.safetensors`, ... */
export function weightNames({ safetensors, bin }: WeightStems): readonly string[] {
  return variants.flatMap((variant) => [
    `${safetensors}${variant}.safetensors`,
    `${safetensors}.safetensors.index${variant}.json`,
    `${bin}${variant}.bin`,
    `${bin}.bin.index${variant}.json`,
  ]);
}

/** Whether a file says which parts hold what, instead of holding it. */
export function isWeightIndex(name: string): boolean {
  return /\.index(\.\w+)?\.json$/.test(name);
}

/** Whether a file is one of several parts, which only their index makes a whole. */
export function isWeightPart(name: string): boolean {
  return /-\d{5}-of-\d{5}\.(safetensors|bin)$/.test(name);
}

const PART_LIMIT = 1000;

/**
 * The files that an index names, sorted.
 *
 * @param index the text of the JSON file
 * @throws BAD_MODEL, naming `origin`, when it is no index, or names files outside its folder
 */
export function weightParts(index: string, origin: string): readonly string[] {
  let map: unknown;
  try {
    map = (JSON.parse(index) as { weight_map?: unknown } | null)?.weight_map;
  } catch (cause) {
    throw new VqganClipError("BAD_MODEL", `${origin}: not JSON: ${(cause as Error).message}`, "fetch it again", {
      cause,
    });
  }
  const values = typeof map === "object" && map !== null ? [...new Set(Object.values(map))] : [];
  const strange = values.find((part) => typeof part !== "string" || !/^[\w-][\w.-]{0,200}$/.test(part));
  if (strange !== undefined) {
    const shown = JSON.stringify(strange).slice(0, 80);
    throw new VqganClipError("BAD_MODEL", `${origin}: weight_map: expected names of files beside it, found ${shown}`);
  }
  requires(
    values.length > 0 && values.length <= PART_LIMIT,
    "BAD_MODEL",
    () => `${origin}: weight_map must name 1 to ${PART_LIMIT} parts, it names ${values.length}`,
    "the file may be damaged: fetch it again",
  );
  return (values as string[]).sort();
}
