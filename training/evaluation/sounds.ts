/** What sounds look like: a folder of WAV files, each named by what is heard in it, as prompts without words. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { loadSoundEncoder, readSound } from "../../src/index.js";
import type { Prompt } from "./pictures.js";

/** In the order of the files' names; of `a dog.wav` and `a dog 2.wav` both are a dog. */
export async function soundPrompts(folder: string, model: string, limit: number): Promise<Prompt[]> {
  const files = (await readdir(folder)).filter((name) => /\.wav$/i.test(name)).sort();
  if (files.length === 0)
    throw new Error(`--sounds: ${folder} has no WAV file; name each by what is heard: "a dog.wav"`);
  const encoder = await loadSoundEncoder(model);
  const prompts: Prompt[] = [];
  for (const file of files.slice(0, limit)) {
    const vector = [...(await encoder.embed(await readSound(join(folder, file))))];
    prompts.push({
      prompt: basename(file, file.slice(-4)).replace(/ \d+$/, ""),
      targets: [{ kind: "vector", vector, weight: 1 }],
    });
  }
  return prompts;
}

/** Tells the judge what is heard in which, beside the pictures. */
export async function writeHeard(folder: string, prompts: readonly Prompt[]): Promise<void> {
  await mkdir(join(folder, "sounds"), { recursive: true });
  await writeFile(join(folder, "sounds.json"), JSON.stringify(prompts.map(({ prompt }) => ({ prompt }))));
}
