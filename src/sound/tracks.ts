/** What a film can follow of a sound: the envelopes of its bands, and its beats, frame by frame. */
import { requires } from "../core/errors.js";
import { bandPassed } from "./band-pass.js";
import { beatsOf } from "./beats.js";
import type { Sound } from "./wav.js";

/** Hz; `loudness` is of the whole. */
const bands = { bass: [60, 250], mid: [250, 2000], high: [2000, 8000] } as const;
const ORDER = 5;

export const trackNames = ["bass", "mid", "high", "loudness", "beat"] as const;
/** What a setting may follow in a sound: three bands, the whole, and its beats. */
export type TrackName = (typeof trackNames)[number];

/** One number a frame for each name, 0..1. */
export type Tracks = Readonly<Record<TrackName, Float64Array>>;

/** Seconds after which a beat has faded by half. */
const FADE = 0.1;

/**
 * `bass`, `mid`, `high`, `loudness`: the greatest |sample| of each frame's time, as a share of the greatest of all. `beat`: 1 at a beat, halved
 * every tenth of a second behind it. Behind the sound's end all are 0.
 *
 * @param frames how many, at `fps` a second
 */
export function soundTracks(sound: Sound, frames: number, fps: number): Tracks {
  requires(
    Number.isSafeInteger(frames) && frames >= 1 && fps > 0,
    "BAD_ARGUMENT",
    () => `soundTracks(): needs frames at a rate above 0, got ${frames} at ${fps}`,
  );
  const perFrame = sound.rate / fps;
  const envelope = (samples: ArrayLike<number>) => shares(peaks(samples, frames, perFrame));
  const band = ([low, high]: readonly [number, number]) => {
    const top = Math.min(high, 0.45 * sound.rate);
    return top > low ? envelope(bandPassed(sound, low, top, ORDER)) : new Float64Array(frames);
  };
  return {
    bass: band(bands.bass),
    mid: band(bands.mid),
    high: band(bands.high),
    loudness: envelope(sound.samples),
    beat: pulses(beatsOf(sound), frames, fps),
  };
}

function peaks(samples: ArrayLike<number>, frames: number, perFrame: number): Float64Array {
  return Float64Array.from({ length: frames }, (_, frame) => {
    let peak = 0;
    const end = Math.min(samples.length, Math.floor((frame + 1) * perFrame));
    for (let i = Math.floor(frame * perFrame); i < end; i++) peak = Math.max(peak, Math.abs(samples[i] as number));
    return peak;
  });
}

function shares(values: Float64Array): Float64Array {
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  return most > 0 ? values.map((value) => value / most) : values;
}

/** A frame is as loud as the last beat that has begun before its end. */
function pulses(beats: readonly number[], frames: number, fps: number): Float64Array {
  let last = -1;
  return Float64Array.from({ length: frames }, (_, frame) => {
    while (last + 1 < beats.length && (beats[last + 1] as number) < (frame + 1) / fps) last++;
    return last < 0 ? 0 : 2 ** (-Math.max(0, frame / fps - (beats[last] as number)) / FADE);
  });
}
