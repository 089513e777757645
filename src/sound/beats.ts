/** Where the beats of music are: onsets, their usual distance, and the best chain of beats at about that distance. */
import { bandPassed } from "./band-pass.js";
import type { Sound } from "./wav.js";

/** Onsets a second. */
const RATE = 100;
const BANDS = [
  [40, 160],
  [160, 640],
  [640, 2560],
  [2560, 7000],
] as const;
/** Beats a minute that are most likely, and how many octaves of them are. */
const USUAL = 120;
const SPREAD = 1;
const [SLOWEST, FASTEST] = [50, 220] as const;
/** How much a distance other than the usual one costs, against onsets of deviation 1. */
const TIGHTNESS = 100;

/**
 * The times of the beats in seconds; none in silence. After Ellis, "Beat Tracking by Dynamic Programming" (2007), with onsets out of four bands.
 */
export function beatsOf(sound: Sound): number[] {
  const onsets = onsetStrength(sound);
  const deviation = Math.sqrt(onsets.reduce((sum, x) => sum + x * x, 0) / Math.max(1, onsets.length));
  if (!(deviation > 1e-6)) return [];
  const strength = onsets.map((x) => x / deviation);
  const period = usualDistance(strength);
  return period === undefined ? [] : chain(strength, period).map((i) => i / RATE);
}

/** By how much the loudness of the bands rises, in each hundredth of a second. */
function onsetStrength(sound: Sound): Float64Array {
  const count = Math.floor((sound.samples.length * RATE) / sound.rate);
  const strength = new Float64Array(count);
  for (const [low, high] of BANDS) {
    if (high >= sound.rate / 2) continue;
    const band = bandPassed(sound, low, high, 2);
    let former = 0;
    for (let i = 0; i < count; i++) {
      const [from, to] = [Math.floor((i * sound.rate) / RATE), Math.floor(((i + 1) * sound.rate) / RATE)];
      let power = 0;
      for (let k = from; k < to; k++) power += (band[k] as number) ** 2;
      const loudness = Math.log1p(1e4 * (power / Math.max(1, to - from)));
      strength[i] = (strength[i] as number) + Math.max(0, loudness - former);
      former = loudness;
    }
  }
  return strength;
}

/** The distance at which onsets repeat most, near the usual tempo; undefined where the sound is shorter than two of them. */
function usualDistance(onsets: Float64Array): number | undefined {
  const strength = blurred(onsets); // beats lie between hundredths
  const [least, most] = [Math.round((60 * RATE) / FASTEST), Math.round((60 * RATE) / SLOWEST)];
  let best: { readonly distance: number; readonly score: number } | undefined;
  for (let distance = least; distance <= Math.min(most, strength.length / 2); distance++) {
    let alike = 0;
    for (let i = distance; i < strength.length; i++)
      alike += (strength[i] as number) * (strength[i - distance] as number);
    const octaves = Math.log2((60 * RATE) / distance / USUAL) / SPREAD;
    const score = alike * Math.exp(-0.5 * octaves * octaves);
    if (score > (best?.score ?? 0)) best = { distance, score };
  }
  return best?.distance;
}

/** Each value with those up to three places away. */
function blurred(values: Float64Array): Float64Array {
  return values.map((_, i) => {
    let total = 0;
    for (let k = -3; k <= 3; k++) total += (1 + Math.cos((Math.PI * k) / 4)) * (values[i + k] ?? 0);
    return total;
  });
}

/** The chain of places that gathers most strength, less what its distances cost. */
function chain(strength: Float64Array, period: number): number[] {
  const total = new Float64Array(strength.length);
  const before = new Int32Array(strength.length).fill(-1);
  for (let i = 0; i < strength.length; i++) {
    let [best, from] = [0, -1];
    for (let k = Math.max(0, i - 2 * period); k <= i - Math.ceil(period / 2); k++) {
      const score = (total[k] as number) - TIGHTNESS * Math.log((i - k) / period) ** 2;
      if (score > best) [best, from] = [score, k];
    }
    total[i] = (strength[i] as number) + best;
    before[i] = from;
  }
  let at = total.length - 1;
  for (let i = Math.max(0, total.length - period); i < total.length; i++) {
    if ((total[i] as number) > (total[at] as number)) at = i;
  }
  const beats: number[] = [];
  for (; at >= 0; at = before[at] as number) beats.push(at);
  beats.reverse();
  const usual = beats.reduce((sum, i) => sum + (strength[i] as number), 0) / beats.length;
  const isHeard = (i: number) => (strength[i] as number) > usual / 10;
  const [first, last] = [beats.findIndex(isHeard), beats.findLastIndex(isHeard)];
  return first < 0 ? [] : beats.slice(first, last + 1); // none in the silence around
}
