/** `--music` and `--lyrics` of `video`: how long the film is, and what of it follows the sound. */
import { requires } from "../core/errors.js";
import { readTextInput } from "../files/read-input.js";
import type { TargetRequest } from "../pair/requests.js";
import { plainPrompt } from "../prompts/prompt.js";
import { frameSteps, parseLines, promptsOfLines, withKeyframes, withoutFormulas } from "../sound/follow.js";
import { soundTracks } from "../sound/tracks.js";
import { MAX_FRAMES, type VideoRequest } from "../video/moving-video.js";
import { readSound } from "../video/read-sound.js";
import { type FollowingSettings, followedTargets, type Replace } from "./following.js";

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
  /** What is asked for before the steps are known: with 1 in the place of formulas. @throws BAD_ARGUMENT */
  sketch(asked: Asked): Partial<VideoRequest<string>>;
  /** The same with keyframes in their place. @param first steps of the first frame @param every of each other */
  request(asked: Asked, first: number, every: number): Partial<VideoRequest<string>>;
}

/** What of a film may hold formulas. */
interface Asked {
  readonly prompts: Prompts;
  readonly targets: readonly TargetRequest<string>[];
  readonly settings: FollowingSettings;
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
  const followed = ({ prompts, targets, settings }: Asked, sung: readonly string[], replace: Replace) => {
    const own = [prompts ?? []].flat();
    if (!tracks) settings.requireNone(targets);
    const texts = [...(tracks ? own.map((text) => replace(text, "prompts")) : own), ...sung];
    return {
      ...(texts.length > 0 && { prompts: texts }),
      ...(targets.length > 0 && { targets: followedTargets(targets, replace) }),
      ...settings.replaced(replace),
    };
  };
  return {
    frames,
    sketch: (asked) =>
      followed(
        asked,
        lines.flatMap(({ text }) => plainPrompt(text) || []),
        withoutFormulas,
      ),
    request(asked, first, every) {
      const steps = frameSteps(frames, first, every);
      const sung = promptsOfLines(lines, fps, steps, plainPrompt);
      return followed(asked, sung, (text, following) =>
        tracks ? withKeyframes(text, tracks, steps, following) : text,
      );
    },
  };
}
