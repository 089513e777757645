/** Wav2CLIP against its layers in torch, its front end included; band filters against scipy. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { NDArray } from "../../src/core/ndarray.js";
import { onDisk } from "../../src/models/on-disk.js";
import { heard } from "../../src/models/wav2clip/encoder.js";
import { readSoundEncoder } from "../../src/models/wav2clip/read.js";
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
