/** Sound on its own: files, rates, beats and formulas. */
import { expect, test } from "vitest";
import { beatsOf } from "./beats.js";
import { parseFormula } from "./formula.js";
import { resampled } from "./resample.js";
import { soundTracks, type Tracks } from "./tracks.js";
import { readWav, type Sound } from "./wav.js";

/** A WAV file of one kind of number, the same in all channels. */
function wav(values: readonly number[], kind: "8" | "16" | "24" | "32" | "f32" | "f64", channels = 1): Uint8Array {
  const bytes = Number(kind.replace("f", "")) / 8;
  const size = values.length * channels * bytes;
  const file = new Uint8Array(46 + size);
  const view = new DataView(file.buffer);
  const tags: readonly (readonly [string, number])[] = [["RIFF", 0], ["WAVE", 8], ["fmt ", 12], ["data", 38]]; // biome-ignore format: one thought
  for (const [tag, at] of tags) file.set(new TextEncoder().encode(tag), at);
  view.setUint32(16, 18, true);
  view.setUint16(20, kind.startsWith("f") ? 3 : 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, 8000, true);
  view.setUint16(34, bytes * 8, true);
  view.setUint32(42, size, true);
  let at = 46;
  for (const value of values) {
    for (let channel = 0; channel < channels; channel++, at += bytes) {
      if (kind === "f32") view.setFloat32(at, value, true);
      else if (kind === "f64") view.setFloat64(at, value, true);
      else if (kind === "8") view.setUint8(at, 128 + value * 128);
      else if (kind === "16") view.setInt16(at, value * 2 ** 15, true);
      else if (kind === "32") view.setInt32(at, value * 2 ** 31, true);
      else {
        const whole = value * 2 ** 23;
        view.setUint16(at, whole & 0xffff, true);
        view.setInt8(at + 2, whole >> 16);
      }
    }
  }
  return file;
}

test.each(["8", "16", "24", "32", "f32", "f64"] as const)("WAV of %s bits, of one channel and of two", (kind) => {
  const values = [0, 0.5, -0.5, 0.25, -1, 0.75];
  for (const channels of [1, 2]) {
    const { rate, samples } = readWav(wav(values, kind, channels), "a.wav");
    expect(rate).toBe(8000);
    expect([...samples]).toEqual(values);
  }
});

test("files that are no sound, cut off or of another coding are refused or end where they end", () => {
  const whole = wav([0, 0.5, 0.25], "16");
  expect(() => readWav(new TextEncoder().encode("ID3 an mp3 file"), "a.mp3")).toThrow("a.mp3: no WAV file");
  expect([...readWav(whole.subarray(0, whole.length - 2), "a.wav").samples]).toEqual([0, 0.5]);
  expect(() => readWav(whole.subarray(0, 46), "a.wav")).toThrow("holds no sound");
  expect(() => readWav(whole.subarray(0, 20), "a.wav")).toThrow(/format is cut off/);
  const mulaw = whole.slice();
  mulaw[20] = 7;
  expect(() => readWav(mulaw, "a.wav")).toThrow("sound coded as 7 with 16 bits is not read");
  const silent = whole.slice();
  silent[22] = 0;
  expect(() => readWav(silent, "a.wav")).toThrow("0 channels at 8000");
});

const tone = (rate: number, hertz: number, seconds: number): Sound => ({
  rate,
  samples: Float32Array.from({ length: rate * seconds }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / rate)),
});

test("another rate keeps what both hold and takes out what one does not", () => {
  const { samples } = resampled(tone(44_100, 440, 0.5), 16_000);
  const same = tone(16_000, 440, 0.5).samples;
  expect(samples.length).toBe(same.length);
  const off = samples.subarray(200, 7800).map((value, i) => Math.abs(value - (same[200 + i] as number)));
  expect(Math.max(...off)).toBeLessThan(5e-4);
  const above = resampled(tone(44_100, 12_000, 0.5), 16_000).samples.subarray(200, 7800);
  expect(Math.max(...above.map(Math.abs))).toBeLessThan(1e-3);
});

/** Clicks of decaying noise at a tempo, over a quiet hum. */
function clicks(perMinute: number, seconds: number, offset: number): Sound {
  const rate = 11_025;
  const samples = tone(rate, 110, seconds).samples.map((value) => 0.05 * value);
  let state = 1;
  for (let time = offset; time < seconds; time += 60 / perMinute) {
    for (let i = 0; i < 0.05 * rate; i++) {
      state = (state * 16_807) % 2_147_483_647;
      const at = Math.round(time * rate) + i;
      if (at < samples.length)
        samples[at] = (samples[at] as number) + (state / 1_073_741_823 - 1) * 0.6 * Math.exp(-i / 100);
    }
  }
  return { rate, samples };
}

test.each([
  [100, 0.31],
  [138, 0.2],
])("beats at %d a minute are found to 20 ms", (tempo, offset) => {
  const beats = beatsOf(clicks(tempo, 8, offset));
  const wanted = Array.from({ length: Math.floor(((8 - offset) * tempo) / 60) }, (_, i) => offset + (i * 60) / tempo);
  const missed = wanted.filter((time) => !beats.some((beat) => Math.abs(beat - time) < 0.02));
  expect(missed.length).toBeLessThanOrEqual(1);
  expect(Math.abs(beats.length - wanted.length)).toBeLessThanOrEqual(1);
});

test("tracks: each band hears its own tones, beats pulse and fade, behind the end all is 0", () => {
  expect(beatsOf({ rate: 8000, samples: new Float32Array(8000) })).toEqual([]);
  const sound: Sound = { rate: 22_050, samples: new Float32Array(2 * 22_050) };
  sound.samples.set(tone(22_050, 120, 1).samples, 0);
  sound.samples.set(tone(22_050, 3000, 1).samples, 22_050);
  const { bass, high, loudness } = soundTracks(sound, 30, 10);
  expect(bass[5]).toBeGreaterThan(0.8);
  expect(bass[15]).toBeLessThan(0.01);
  expect(high[5]).toBeLessThan(0.1);
  expect(high[15]).toBeGreaterThan(0.8);
  expect(loudness[5]).toBeCloseTo(1, 2);
  expect([bass, high, loudness].map((track) => track[25])).toEqual([0, 0, 0]);
  const { beat } = soundTracks(clicks(120, 4, 0.25), 40, 10); // a beat each fifth frame
  for (let frame = 7; frame < 32; frame += 5) {
    expect(beat[frame]).toBeGreaterThan(0.7);
    expect(beat[frame + 3]).toBeLessThan(0.3);
  }
});

test("formulas", () => {
  const tracks = { bass: [0.5], mid: [0.25], high: [0], loudness: [1], beat: [0.1] } as unknown as Tracks;
  const value = (text: string) => parseFormula(text)(tracks, 0);
  expect(value("bass*0.8+0.2")).toBeCloseTo(0.6);
  expect(value("1 - 2*(bass - mid) / loudness")).toBeCloseTo(0.5);
  expect(value("-beat*10")).toBeCloseTo(-1);
  expect(() => value("bas*2")).toThrow('"bas" is no name');
  expect(() => value("bass*")).toThrow("it ends too early");
  expect(() => value("(bass")).toThrow("it ends too early");
  expect(() => value("bass 2")).toThrow('"2" is in its way');
  expect(() => value("bass^2")).toThrow('"^" is in its way');
});
