/** What a film can follow of a sound, told and drawn: how long it is, its beats, its bands over time. */
import { plotSvg } from "../image/loss-plot.js";
import { beatsOf } from "../sound/beats.js";
import { soundTracks, trackNames } from "../sound/tracks.js";
import type { Sound } from "../sound/wav.js";

/** Points a second of the curves. */
const RATE = 20;
const SECONDS_A_MINUTE = 60;

/** `beats` in seconds; `tempo`, beats a minute, is the median one, null where there are fewer than two. */
export function soundFacts(sound: Sound): object {
  const beats = beatsOf(sound);
  const apart = beats.slice(1).map((beat, i) => beat - (beats[i] as number));
  const median = apart.sort((a, b) => a - b)[Math.floor(apart.length / 2)];
  const rounded = (value: number, digits: number) => Number(value.toFixed(digits));
  return {
    kind: "sound",
    seconds: rounded(sound.samples.length / sound.rate, 2),
    rate: sound.rate,
    tempo: median === undefined ? null : rounded(SECONDS_A_MINUTE / median, 1),
    beats: beats.map((beat) => rounded(beat, 2)),
  };
}

/** The tracks that formulas name, over seconds, as an SVG. */
export function soundPlot(sound: Sound): string {
  const count = Math.max(1, Math.ceil((sound.samples.length / sound.rate) * RATE));
  const tracks = soundTracks(sound, count, RATE);
  const steps = Array.from({ length: count }, (_, i) => i / RATE);
  const curves = trackNames.map((name) => ({ name, steps, values: [...tracks[name]] }));
  return plotSvg(curves, { across: "second", up: "share of the greatest" });
}
