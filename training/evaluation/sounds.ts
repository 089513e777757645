/** What sounds look like: a folder of WAV files, each named by what is heard in it, as prompts without words. */
import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { loadSoundEncoder, readSound } from "../../src/index.js";
import { fileName, type Prompt } from "./pictures.js";

export interface SoundPrompt extends Prompt {
  readonly file: string;
}

/** In the order of the files' names; of `a dog.wav` and `a dog 2.wav` both are a dog. */
export async function soundPrompts(folder: string, model: string, limit: number): Promise<SoundPrompt[]> {
  const files = (await readdir(folder)).filter((name) => /\.wav$/i.test(name)).sort();
  if (files.length === 0)
    throw new Error(`--sounds: ${folder} has no WAV file; name each by what is heard: "a dog.wav"`);
  const encoder = await loadSoundEncoder(model);
  const prompts: SoundPrompt[] = [];
  for (const file of files.slice(0, limit)) {
    const vector = [...(await encoder.embed(await readSound(join(folder, file))))];
    prompts.push({
      file: join(folder, file),
      prompt: basename(file, file.slice(-4)).replace(/ \d+$/, ""),
      targets: [{ kind: "vector", vector, weight: 1 }],
    });
  }
  return prompts;
}

/** Tells the judge what is heard in which, beside the pictures, and lays the sounds there for the contact sheet. */
export async function writeHeard(folder: string, prompts: readonly SoundPrompt[]): Promise<void> {
  await mkdir(join(folder, "heard"), { recursive: true });
  for (const [i, { file }] of prompts.entries())
    await cp(file, join(folder, "heard", fileName(i).replace("png", "wav")));
  await writeFile(join(folder, "sounds.json"), JSON.stringify(prompts.map(({ prompt }) => ({ prompt }))));
}
