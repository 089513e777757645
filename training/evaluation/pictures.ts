/** The pictures of an evaluation: one per prompt at one seed; those that are there and were made alike are kept. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  type CreateRequest,
  type PictureRun,
  readPngText,
  readStory,
  type SettingsRequest,
  type VqganClip,
} from "../../src/index.js";

export interface Prompt {
  readonly prompt: string;
  /** What the run is told in its place, in another language. */
  readonly translated?: string | undefined;
  /** What is asked for in the place of the words: those are for the judge alone. */
  readonly targets?: CreateRequest["targets"];
}
/** What `draw.py` wrote, `novel.json`, and sounds: prompts by list; alternatives are for the judge. */
export type Lists = Readonly<Record<string, readonly Prompt[]>>;

/** Lists that pictures are made of unless others are named, in this order. */
export const pictureLists = ["concepts", "attributes", "novel", "styles", "edits", "compositions"] as const;
export type PictureList = (typeof pictureLists)[number] | "repaints" | "sounds";
/** Those that begin at one of `draw.py`'s pictures to edit. */
export const edited: ReadonlySet<PictureList> = new Set(["edits", "repaints"]);

export interface Column {
  /** Where its pictures go, one folder per list. */
  readonly folder: string;
  /** What differs from the defaults, the same for all pictures. */
  readonly settings: Omit<SettingsRequest, "prompts" | "seed" | "targets">;
  readonly lists: readonly PictureList[];
  /** At most so many of each list. */
  readonly limit: number;
  /** Which of a list are to be made, by number from 0: another process may make the others. */
  readonly isMine: (index: number) => boolean;
  /** Of all pictures (default 0). */
  readonly seed?: number;
  /** Where `draw.py` put the pictures to edit. */
  readonly sources: string;
}

export const fileName = (index: number): string => `${String(index).padStart(3, "0")}.png`;

/** Makes what is missing. @returns how many were made and how many were there */
export async function makePictures(
  vq: VqganClip,
  prompts: Lists,
  { folder, settings, lists, limit, isMine, sources, seed = 0 }: Column,
): Promise<{ made: number; kept: number }> {
  const count = { made: 0, kept: 0 };
  const began = performance.now();
  for (const list of lists) {
    const entries = (prompts[list] ?? []).slice(0, limit);
    await mkdir(join(folder, list), { recursive: true });
    for (const [index, { prompt, translated = prompt, targets }] of entries.entries()) {
      if (!isMine(index)) continue;
      const path = join(folder, list, fileName(index));
      const request = { ...settings, ...(targets ? { targets } : { prompts: translated }), seed };
      const image = join(sources, "edits", `${String(index).padStart(2, "0")}.png`);
      const run = edited.has(list) ? await vq.edit({ ...request, image }) : vq.create(request);
      if (await isMadeSo(path, run, vq)) count.kept++;
      else {
        await run.toFinish();
        await run.toPNG(path);
        count.made++;
        const each = (performance.now() - began) / 1000 / count.made;
        console.error(`${list} ${index + 1}/${entries.length}: ${translated} (${each.toFixed(1)} s a picture)`);
      }
      await run.dispose();
    }
  }
  return count;
}

/** Whether the file holds the picture that this run would make. */
async function isMadeSo(path: string, run: PictureRun, vq: VqganClip): Promise<boolean> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  const story = bytes && readStory(readPngText(bytes));
  return isDeepStrictEqual(story?.settings, run.settings) && isDeepStrictEqual(story?.models, await vq.identities());
}
