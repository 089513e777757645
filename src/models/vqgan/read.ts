/** A taming-transformers checkpoint and its yaml as a Generator. */
import { requires } from "../../core/errors.js";
import { isWeightPart, weightNames, weightStems } from "../../core/weight-names.js";
import { type Files, firstThere, type Place, readText, stemOf } from "../files.js";
import type { Generator } from "../generator.js";
import { readCheckpoint } from "../model-weights.js";
import { vqganGenerator } from "./assemble.js";

/**
 * Reads a folder with `config.yaml` and one checkpoint, or a checkpoint with its yaml beside it (same name, or
 * `config.yaml`, or the only yaml there). On disk, arrays stay in their file until a program reads them.
 *
 * @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE on damaged or hostile checkpoints; IO_FAILED, ABORTED
 */
export async function readVqgan({ path, files, file }: Place): Promise<Generator> {
  const checkpoint = file ?? (await checkpointIn(files));
  requires(
    await files.has(checkpoint),
    "BAD_MODEL",
    () => `VQGAN: ${path}: no such file or folder`,
    "generators without weights are pixels, fft, strokes, mesh:FILE.obj and, for edits, unet",
  );
  const yaml = await yamlOf(files, checkpoint);
  return vqganGenerator({
    name: file === undefined ? files.name : stemOf(file),
    yaml: await readText(files, yaml, "a VQGAN"),
    yamlPath: files.pathOf(yaml),
    ...(await readCheckpoint(files, checkpoint, "a VQGAN")),
  });
}

const CHECKPOINT = /\.(safetensors|ckpt|pt|pth|bin)$/;

async function checkpointIn(files: Files): Promise<string> {
  const preferred = ["model.safetensors", "model.ckpt", "last.ckpt", ...weightNames(weightStems.transformers)];
  const { name, holds } = await chosen(files, preferred, (name) => CHECKPOINT.test(name) && !isWeightPart(name), {
    none: "no checkpoint",
    several: "several checkpoints",
  });
  requires(
    name,
    "BAD_MODEL",
    () => `VQGAN: ${files.path} holds ${holds}`,
    "give a folder with config.yaml and model.safetensors or model.ckpt, or the checkpoint itself",
  );
  return name;
}

async function yamlOf(files: Files, checkpoint: string): Promise<string> {
  const stem = stemOf(checkpoint);
  const preferred = [...new Set([`${stem}.yaml`, `${stem}.yml`, "config.yaml", "model.yaml"])];
  const { name, holds } = await chosen(files, preferred, (name) => /\.ya?ml$/.test(name), {
    none: "no yaml",
    several: "several yaml files",
  });
  requires(
    name,
    "BAD_MODEL",
    () => `VQGAN: ${files.path} holds ${holds}; ${stem} needs its own`,
    `put ${stem}.yaml or config.yaml beside the checkpoint`,
  );
  return name;
}

/** The first of `preferred` that is there, else the only file that fits; without either, what there is instead. */
async function chosen(
  files: Files,
  preferred: readonly string[],
  fits: (name: string) => boolean,
  { none, several }: { readonly none: string; readonly several: string },
): Promise<{ readonly name?: string; readonly holds: string }> {
  const named = await firstThere(files, preferred);
  if (named !== undefined) return { name: named, holds: named };
  const fitting = (await files.list())?.filter(fits);
  if (!fitting) return { holds: `none of ${preferred.slice(0, 4).join(", ")}` };
  const [only, ...others] = fitting;
  if (only === undefined) return { holds: none };
  return others.length > 0 ? { holds: `${several}: ${fitting.join(", ")}` } : { name: only, holds: only };
}
