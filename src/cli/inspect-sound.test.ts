import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { expect, test } from "vitest";
import { fixturePath } from "../../test/support/fixtures.js";
import { readWav } from "../sound/wav.js";
import { soundFacts, soundPlot } from "./inspect-sound.js";

const music = readWav(await readFile(fixturePath("beats/music.wav")), "music.wav");
const { struck } = JSON.parse(await readFile(fixturePath("beats/music.json"), "utf8")) as { struck: number[] };

test("length, beats and tempo are those that the music was made with", () => {
  const { seconds, rate, tempo, beats } = soundFacts(music) as {
    seconds: number;
    rate: number;
    tempo: number;
    beats: number[];
  };
  expect([seconds, rate]).toEqual([9, 8000]);
  expect(beats).toHaveLength(struck.length);
  expect(tempo).toBeGreaterThan(104); // beats a minute of the first, a little faster with each
  expect(tempo).toBeLessThan(104 + 0.5 * struck.length);
});

test("a sound without beats has no tempo", () => {
  const silence = { rate: 8000, samples: new Float32Array(8000) };
  expect(soundFacts(silence)).toMatchObject({ kind: "sound", seconds: 1, tempo: null, beats: [] });
});

test("the plot has a curve for each track, over seconds", async () => {
  const svg = soundPlot(music);
  expect((await sharp(Buffer.from(svg)).metadata()).width).toBe(800);
  expect(svg.match(/<polyline/g)).toHaveLength(5);
  for (const word of ["bass", "beat", "second"]) expect(svg).toContain(`>${word}</text>`);
});
