/** A taming-transformers checkpoint and its yaml as a Generator. Node only. */
import { readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { requires, VqganClipError } from "../../core/errors.js";
import { openWeights } from "../../weights/open-file.js";
import type { Generator } from "../generator.js";
import { exists, isFolder, modelFile, readText } from "../open-model.js";
import { vqganGenerator } from "./assemble.js";

/**
 * Opens a folder with `config.yaml` and one checkpoint, or a checkpoint with its yaml beside it (same name, or
 * `config.yaml`, or the only yaml there). Arrays stay in their file until a program reads them.
 *
 * @throws BAD_MODEL naming the file or key that is missing or wrong; BAD_FILE on damaged or hostile checkpoints
 */
export async function loadVqgan(path: string): Promise<Generator> {
  const checkpoint = (await isFolder(path)) ? await checkpointIn(path) : path;
  if (!(await exists(checkpoint)))
    throw new VqganClipError("BAD_MODEL", `VQGAN: ${checkpoint}: no such file or folder`);
  const yaml = await yamlOf(checkpoint);
  return vqganGenerator({
    name: basename((await isFolder(path)) ? resolve(path) : path.replace(/\.[^.]+$/, "")),
    yaml: await readText(yaml, "a VQGAN"),
    yamlPath: yaml,
    weights: await openWeights(checkpoint),
    files: [await modelFile(checkpoint)],
  });
}

async function checkpointIn(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => /\.(safetensors|ckpt|pt|pth)$/.test(name)).sort();
  const preferred = ["model.safetensors", "model.ckpt", "last.ckpt"].find((name) => names.includes(name));
  const name = preferred ?? (names.length === 1 ? names[0] : undefined);
  requires(
    name,
    "BAD_MODEL",
    () => `VQGAN: ${folder} holds ${names.length === 0 ? "no checkpoint" : `several checkpoints: ${names.join(", ")}`}`,
    "give a folder with config.yaml and model.safetensors or model.ckpt, or the checkpoint itself",
  );
  return join(folder, name);
}

async function yamlOf(checkpoint: string): Promise<string> {
  const folder = dirname(checkpoint);
  const names = (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name)).sort();
  const stem = basename(checkpoint).replace(/\.[^.]+$/, "");
  const preferred = [`${stem}.yaml`, `${stem}.yml`, "config.yaml", "model.yaml"].find((name) => names.includes(name));
  const name = preferred ?? (names.length === 1 ? names[0] : undefined);
  requires(
    name,
    "BAD_MODEL",
    () =>
      `VQGAN: ${folder} holds ${names.length === 0 ? "no yaml" : `several yaml files: ${names.join(", ")}`}; ${stem} needs its own`,
    `put ${stem}.yaml or config.yaml beside the checkpoint`,
  );
  return join(folder, name);
}
