/** `--music` and `--lyrics` of `video`: how long the film is, and prompts that follow the sound. */
import { requires } from "../core/errors.js";
import { readTextInput } from "../files/read-input.js";
import { plainPrompt } from "../prompts/prompt.js";
import { frameSteps, parseLines, promptsOfLines, withKeyframes, withoutFormulas } from "../sound/follow.js";
import { soundTracks } from "../sound/tracks.js";
import { MAX_FRAMES } from "../video/moving-video.js";
import { readSound } from "../video/read-sound.js";

interface MusicFlags {
  readonly music?: string;
  readonly lyrics?: string;
  readonly frames?: number;
}

type Prompts = string | readonly string[] | undefined;

/** What a film takes of its sound. */
export interface Music {
  /** How many; undefined where neither the sound nor the user says it */
  readonly frames: number | undefined;
  /** The prompts before the steps are known: they have the same texts, their weights are 1. @throws BAD_ARGUMENT */
  sketch(prompts: Prompts): { readonly prompts?: readonly string[] };
  /** The prompts, weights as keyframes. @param first steps of the first frame @param every of each other */
  prompts(prompts: Prompts, first: number, every: number): { readonly prompts?: readonly string[] };
}

/** Undefined where neither is asked for. @throws BAD_ARGUMENT, BAD_FILE, OUT_OF_LIMITS, IO_FAILED */
export async function musicOf({ music, lyrics, frames: asked }: MusicFlags, fps: number): Promise<Music | undefined> {
  if (music === undefined && lyrics === undefined) return undefined;
  const sound = music === undefined ? undefined : await readSound(music);
  const lines = lyrics === undefined ? [] : parseLines(await readTextInput(lyrics), lyrics);
  const frames = asked ?? (sound && Math.max(1, Math.ceil((sound.samples.length / sound.rate) * fps)));
  requires(
    frames !== undefined,
    "BAD_ARGUMENT",
    () => "--lyrics: nothing says how long the film is",
    "name its sound by --music, or --frames",
  );
  requires(
    frames <= MAX_FRAMES,
    "OUT_OF_LIMITS",
    () => `--music: ${frames} frames, at most ${MAX_FRAMES} are made`,
    "lower --fps, or name fewer --frames",
  );
  const tracks = sound && soundTracks(sound, frames, fps);
  const each = (prompts: Prompts, change: (text: string) => string) =>
    [prompts ?? []].flat().map((text) => (tracks ? change(text) : text));
  const all = (texts: readonly string[]) => (texts.length > 0 ? { prompts: texts } : {});
  return {
    frames,
    sketch: (prompts) =>
      all([...each(prompts, withoutFormulas), ...lines.flatMap(({ text }) => plainPrompt(text) || [])]),
    prompts(prompts, first, every) {
      const steps = frameSteps(frames, first, every);
      const followed = each(prompts, (text) => (tracks ? withKeyframes(text, tracks, steps) : text));
      return all([...followed, ...promptsOfLines(lines, fps, steps, plainPrompt)]);
    },
  };
}
