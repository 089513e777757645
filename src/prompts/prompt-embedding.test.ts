import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { fixturePath } from "../../test/support/fixtures.js";
import { loadClip } from "../models/load.js";
import { embedTexts, type TextNotice } from "./prompt-embedding.js";

test("a long text is cut, or read in parts whose unit embeddings are averaged by their tokens", async () => {
  const perceptor = await loadClip(fixturePath("clip-quick-gelu"));
  const text = Array.from({ length: 60 }, (_, i) => `castle sea ${i}`).join(" ");
  const notices: TextNotice[] = [];
  const options = { threads: 1, onNotice: (notice: TextNotice) => notices.push(notice) };
  await embedTexts(perceptor, [text], options);
  expect(notices.map(({ kind }) => kind)).toEqual(["truncated"]);
  notices.length = 0;
  const averaged = await embedTexts(perceptor, [text], { ...options, longPrompts: "average" });
  expect(notices.map(({ kind }) => kind)).toEqual(["averaged"]);
  const { parts } = notices[0] as Extract<TextNotice, { kind: "averaged" }>;
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.join(" ").replace(/\s+/g, " ")).toBe(text); // nothing is lost
  const lengths = parts.map((part) => perceptor.tokenize(part).length);
  for (const length of lengths) expect(length).toBeLessThanOrEqual(perceptor.contextLength);
  const rows = await embedTexts(perceptor, parts, { threads: 1 });
  const [p, size] = rows.shape as [number, number];
  const expected = new Array<number>(size).fill(0);
  for (let k = 0; k < p; k++) {
    const row = Array.from({ length: size }, (_, i) => rows.at(k * size + i));
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    row.forEach((value, i) => {
      expected[i] =
        (expected[i] as number) + ((value / norm) * (lengths[k] as number)) / lengths.reduce((a, b) => a + b);
    });
  }
  expected.forEach((value, i) => {
    expect(averaged.at(i)).toBeCloseTo(value, 6);
  });
});

test("a text that fits is read the same either way", async () => {
  const perceptor = await loadClip(fixturePath("clip-quick-gelu"));
  const [cut, average] = await Promise.all(
    (["cut", "average"] as const).map((longPrompts) =>
      embedTexts(perceptor, ["a castle"], { threads: 1, longPrompts }),
    ),
  );
  expect(average?.bytes).toEqual(cut?.bytes);
});

test("words that the bundled text encoder does not know are told with the nearest that it knows", async () => {
  const perceptor = await loadClip(fileURLToPath(new URL("../../models/compact/clip", import.meta.url)));
  const notices: TextNotice[] = [];
  const onNotice = (notice: TextNotice) => notices.push(notice);
  await embedTexts(perceptor, ["a red castel", "two red castles", "a zxqvkw"], { threads: 1, onNotice });
  const [mistyped, strange, ...others] = notices as Extract<TextNotice, { kind: "unknown-words" }>[];
  expect(others).toEqual([]);
  expect(mistyped).toMatchObject({ kind: "unknown-words", text: "a red castel", words: [{ word: "castel" }] });
  expect(mistyped?.words[0]?.nearest[0]).toBe("castle");
  expect(strange?.words).toEqual([{ word: "zxqvkw", nearest: [] }]);
});
