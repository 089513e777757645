/** Wav2CLIP against its layers in torch, its front end included; band filters against scipy. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { NDArray } from "../../src/core/ndarray.js";
import { parseLanguageBind } from "../../src/models/language-bind/config.js";
import { heard as heardByLanguageBind } from "../../src/models/language-bind/encoder.js";
import { onDisk } from "../../src/models/on-disk.js";
import { readSoundEncoder } from "../../src/models/sound-encoder.js";
import { heard } from "../../src/models/wav2clip/encoder.js";
import { bandPassed } from "../../src/sound/band-pass.js";
import { beatsOf } from "../../src/sound/beats.js";
import { soundTracks } from "../../src/sound/tracks.js";
import { readWav } from "../../src/sound/wav.js";
import { fixture, fixturePath, largestError } from "../support/fixtures.js";

const reference = await fixture("sound/expected.safetensors");
const sound = readWav(await readFile(fixturePath("sound/chirp.wav")), "chirp.wav");

test("what Wav2CLIP's net sees of a sound agrees", () => {
  expect(largestError(heard(sound.samples), reference("heard"))).toBeLessThan(1e-5);
});

test("Wav2CLIP's embedding of a sound agrees", async () => {
  const encoder = await readSoundEncoder(await onDisk(fixturePath("sound/wav2clip.pt")));
  expect(encoder.embeddingSize).toBe(24);
  const expected = reference("embedding");
  const embedding = NDArray.float32(expected.shape, await encoder.embed(sound, { threads: 1 }));
  const most = expected.floats().reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  expect(largestError(embedding, expected) / most).toBeLessThan(1e-5);
});

test("Butterworth band-pass filters agree with scipy's sections", async () => {
  const { order, bands }: { order: number; bands: Record<string, [number, number]> } = JSON.parse(
    await readFile(fixturePath("sound/bands.json"), "utf8"),
  );
  for (const [name, [low, high]] of Object.entries(bands)) {
    const expected = reference(`band.${name}`);
    const filtered = NDArray.float32(expected.shape, bandPassed(sound, low, high, order));
    expect(largestError(filtered, expected), name).toBeLessThan(1e-6);
  }
});

const languageBind = await fixture("language-bind/expected.safetensors");
const spoken = new Map([
  ["short", sound.samples.subarray(0, 4000)],
  ["whole", sound.samples],
  [
    "long",
    Float32Array.from(
      { length: 3 * sound.samples.length },
      (_, i) => sound.samples[i % sound.samples.length] as number,
    ),
  ],
]);

test.each([...spoken])(
  "LanguageBind's filter banks of a %s sound are torchaudio's, and its embedding agrees",
  async (name, samples) => {
    const path = fixturePath("language-bind");
    const config = parseLanguageBind(JSON.parse(await readFile(`${path}/config.json`, "utf8")), "config.json");
    const seen = heardByLanguageBind(samples, config);
    expect(largestError(seen, languageBind(`${name}.seen`))).toBeLessThan(1e-5);
    const encoder = await readSoundEncoder(await onDisk(path));
    expect(encoder.embeddingSize).toBe(24);
    const expected = languageBind(`${name}.embedding`);
    const embedding = NDArray.float32(expected.shape, await encoder.embed({ rate: 16_000, samples }, { threads: 1 }));
    const most = expected.floats().reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    expect(largestError(embedding, expected) / most).toBeLessThan(1e-5);
  },
);

test("LanguageBind's spells of sounds just too long begin at the first frame; what its config cannot say is refused", async () => {
  const json = JSON.parse(await readFile(fixturePath("language-bind/config.json"), "utf8"));
  const config = parseLanguageBind(json, "config.json");
  const noise = Float32Array.from({ length: 18_400 }, (_, i) => Math.sin(i * i)); // 113 frames of 112: two beginnings
  const spells = (length: number) => {
    const { data } = heardByLanguageBind(noise.subarray(0, length), config);
    const third = data.length / 3;
    return [0, 1, 2].map((i) => Array.from((data as Float32Array).subarray(i * third, (i + 1) * third)));
  };
  const [first, second, last] = spells(18_400);
  expect(last).toEqual(first);
  expect(second).not.toEqual(first);
  const [one, two] = spells(17_921); // longer than 112 hops, and 110 frames all the same
  expect(two).toEqual(one);
  const broken = (vision: object) => () =>
    parseLanguageBind({ ...json, vision_config: { ...json.vision_config, ...vision } }, "config.json");
  expect(broken({ num_mel_bins: 126 + 1 })).toThrow("num_mel_bins 127 and target_length 112 are not both multiples");
  expect(broken({ add_time_attn: true })).toThrow("attention over time");
});

const music = readWav(await readFile(fixturePath("beats/music.wav")), "music.wav");
const heardMusic: {
  fps: number;
  beats: number[];
  struck: number[];
  tracks: Record<"bass" | "mid" | "high", number[]>;
} = JSON.parse(await readFile(fixturePath("beats/music.json"), "utf8"));

test("beats of music are where librosa hears them, and where they were struck", () => {
  const own = beatsOf(music);
  for (const beats of [heardMusic.beats, heardMusic.struck]) {
    expect(own).toHaveLength(beats.length);
    for (const [i, time] of beats.entries()) expect(Math.abs((own[i] as number) - time)).toBeLessThan(0.03);
  }
});

test("envelopes of bands agree with scipy's, frame by frame", () => {
  const { fps, tracks } = heardMusic;
  const own = soundTracks(music, tracks.bass.length, fps);
  for (const name of ["bass", "mid", "high"] as const) {
    const off = tracks[name].map((value, i) => Math.abs(value - (own[name][i] as number)));
    expect(Math.max(...off), name).toBeLessThan(1e-5);
    expect(Math.max(...tracks[name]) - Math.min(...tracks[name])).toBeGreaterThan(0.9);
  }
});

test("a file that is no Wav2CLIP is refused by what it holds", async () => {
  const other = onDisk(fixturePath("text-tower-mclip/pytorch_model.bin"));
  await expect(readSoundEncoder(await other)).rejects.toThrow("no Wav2CLIP: it has no audio_encoder.conv1.weight");
  const encoder = await readSoundEncoder(await onDisk(fixturePath("sound/wav2clip.pt")));
  await expect(encoder.embed({ rate: 16_000, samples: new Float32Array(100) })).rejects.toThrow("0.1 to 120 are heard");
});
