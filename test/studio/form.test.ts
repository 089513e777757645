/** The page's form as plain functions: prompts as rows, fields from the schema, and the request they make. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { settingsSchema } from "../../src/guidance/settings.js";
import { loadClip } from "../../src/models/load.js";
import { embedTexts } from "../../src/prompts/prompt-embedding.js";
import type { Schema } from "../../studio/src/api/types.js";
import { followsOf, noMoves } from "../../studio/src/film/film-draft.js";
import { ideas, placeholders } from "../../studio/src/prompts/ideas.js";
import { type PromptRow, promptRow, promptsOf, rowsOf, splitRow } from "../../studio/src/prompts/prompt-rows.js";
import { fieldsOf, inFormsWords, labelOf } from "../../studio/src/settings/schema-fields.js";
import { draftOf, emptyDraft, filesOf, ownPlaces, requestOf } from "../../studio/src/state/draft.js";

const info = { size: [128, 128] as const, recommended: { steps: 60, cutouts: 4, learningRate: 0.1 } };

describe("prompts as rows", () => {
  test.each([
    "a red apple",
    "a castle:0.7 | text:-0.3",
    "a castle:0.7:0.2 | fog:0@0%->1@100%",
    "a castle ^ a castle in snow | night:0.5",
    "Dune\\: part two \\| three",
  ])("%s comes back as it was", (prompts) => {
    expect(promptsOf(rowsOf(prompts))).toBe(prompts);
  });

  test("rows without words and of weight 0 are left out", () => {
    expect(promptsOf([promptRow("a boat"), promptRow(" "), promptRow("text", 0)])).toBe("a boat");
  });

  test("a stop is kept, and written once there is one", () => {
    const [row] = rowsOf("a castle:0.5:-0.2") as [PromptRow];
    expect(row).toMatchObject({ weight: 0.5, stop: "-0.2" });
    expect(promptsOf([row])).toBe("a castle:0.5:-0.2");
    expect(promptsOf([{ ...row, stop: "" }])).toBe("a castle:0.5");
  });

  test("what is no prompt stays as it was typed", () => {
    expect(rowsOf("a boat:0").map(({ text }) => text)).toEqual(["a boat:0"]);
  });

  test("a row with a bar becomes two; one with an escaped bar does not", () => {
    expect(splitRow(promptRow("a boat | fog:0.5")).map(({ text, weight }) => [text, weight])).toEqual([
      ["a boat", 1],
      ["fog", 0.5],
    ]);
    expect(splitRow(promptRow("a \\| b"))).toHaveLength(1);
  });
});

test("every setting has a field, and a name and words of its own", () => {
  const schema = z.toJSONSchema(settingsSchema, { io: "input", unrepresentable: "any" }) as Schema;
  const fields = fieldsOf(schema, ownPlaces);
  const names = Object.keys(settingsSchema.shape).filter((name) => !ownPlaces.includes(name));
  expect(fields.map(({ name }) => name)).toEqual(names);
  expect(fields.filter(({ description }) => description === "")).toEqual([]);
  const kinds = Object.fromEntries(fields.map(({ name, kind }) => [name, kind]));
  expect(kinds).toMatchObject({
    optimizer: "choice",
    learningRate: "number",
    recompute: "switch",
    regularizer: "group",
    schedule: "json",
  });
  expect(labelOf("learningRate")).toBe("Learning rate");
});

describe("the request", () => {
  test("says only what was chosen", () => {
    const draft = { ...emptyDraft, rows: [promptRow("a boat")] };
    expect(requestOf(draft, info)).toEqual({ prompts: "a boat", keepEvery: 5 });
  });

  test("keeps seeds beyond what a number holds, and fills half a size", () => {
    const draft = {
      ...emptyDraft,
      rows: [promptRow("a boat")],
      seed: "18446744073709551615",
      width: "64",
      steps: "400",
    };
    expect(requestOf(draft, info)).toEqual({
      prompts: "a boat",
      seed: "18446744073709551615",
      size: [64, 128],
      steps: 400,
      keepEvery: 34,
    });
  });

  test("of restored settings equals them, where they are not the recommended ones", () => {
    const settings = {
      prompts: "a boat:2",
      seed: 7,
      size: [64, 64] as const,
      steps: 60,
      cutouts: 8,
      learningRate: 0.1,
    };
    const { keepEvery: _, ...request } = requestOf(draftOf(settings, info.recommended), info);
    expect(request).toEqual({ prompts: "a boat:2", seed: 7, size: [64, 64], steps: 60, cutouts: 8 });
  });
});

test("what the page proposes has no word that the bundled text encoder does not know", async () => {
  const perceptor = await loadClip(fileURLToPath(new URL("../../models/compact/clip", import.meta.url)));
  const notices: unknown[] = [];
  await embedTexts(perceptor, [...ideas, ...placeholders], { threads: 1, onNotice: (notice) => notices.push(notice) });
  expect(notices).toEqual([]);
});

test("a video's form is its request, and its settings make the form again", () => {
  const film = { ...noMoves, frames: "12", zoom: "1.1", right: "2", fps: "8" };
  const draft = { ...emptyDraft, rows: rowsOf("a boat"), steps: "30", film };
  expect(requestOf(draft, info)).toMatchObject({
    steps: 30,
    video: { frames: 12, zoom: 1.1, pan: [2, 0], fps: 8 },
  });
  const motion = { first: 30, every: 10, zoom: 1.1, pan: [2, 0], rotate: 0 };
  const again = draftOf({ prompts: "a boat", steps: 30 + 11 * 10, motion }, info.recommended);
  expect(again).toMatchObject({ steps: "30", film: { ...film, fps: "" } });
  const start = new File([], "start");
  expect(filesOf({ ...draft, source: start })).toMatchObject({ start });
});

test("frames to restyle go with their request, at their own size", () => {
  const files = [new File([], "1"), new File([], "2")];
  const film = { ...followsOf(files, "clip"), blend: "0.5" };
  const draft = { ...emptyDraft, rows: rowsOf("fog"), width: "64", strength: 0.5, film };
  expect(requestOf(draft, info)).toEqual({ prompts: "fog", strength: 0.5, style: { blend: 0.5 } });
  expect(filesOf(draft)).toEqual({ frames: files, prompts: [] });
});

test("a refusal is told by the names that the form has", () => {
  const schema = z.toJSONSchema(settingsSchema, { io: "input", unrepresentable: "any" }) as Schema;
  expect(inFormsWords("size.0: expected at most 4096, got 99999", schema)).toBe(
    "Width: expected at most 4096, got 99999",
  );
  expect(inFormsWords("size.1: expected at least 16", schema)).toBe("Height: expected at least 16");
  expect(inFormsWords("learningRate: expected more", schema)).toBe("Learning rate: expected more");
  for (const other of ["engine: it fell", "no colon here"]) expect(inFormsWords(other, schema)).toBe(other);
});
