/** Grids as plain functions: what can differ, what the cells are, and how sessions gather. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { settingsSchema } from "../../src/guidance/settings.js";
import type { Schema, Summary } from "../../studio/src/api/types.js";
import { axisKinds, cellsOf } from "../../studio/src/grid/axes.js";
import { gathered } from "../../studio/src/history/gathered.js";
import { promptRow } from "../../studio/src/prompts/prompt-rows.js";
import { fieldsOf } from "../../studio/src/settings/schema-fields.js";
import { type Axis, type Draft, emptyDraft, ownPlaces, requestOf } from "../../studio/src/state/draft.js";

const schema = z.toJSONSchema(settingsSchema, { io: "input", unrepresentable: "any" }) as Schema;
const info = { size: [128, 128] as const, recommended: { steps: 60, learningRate: 0.1, optimizer: "adam" } };
const draft: Draft = { ...emptyDraft, rows: [promptRow("a boat"), promptRow("fog", 0.5)] };
const kinds = axisKinds(draft, fieldsOf(schema, ownPlaces), ["paper", "fast"], info.recommended);
const kind = (name: string) => {
  const found = kinds.find((each) => each.name === name);
  if (!found) throw new Error(`no axis ${name}`);
  return found;
};
const requests = (...axes: Axis[]) =>
  cellsOf({ ...draft, axes }, kinds, "42").map((cell) => {
    const { keepEvery: _, ...request } = requestOf(cell.draft, info);
    return [Object.fromEntries(cell.values), request];
  });

describe("the cells of a grid", () => {
  test("seeds across, weights down; everything else is the form's", () => {
    expect(requests({ name: "seed", values: "1..2" }, { name: "weight-2", values: "0.5, 1" })).toEqual([
      [
        { Seed: "1", "Weight of prompt 2": "0.5" },
        { prompts: "a boat | fog:0.5", seed: 1 },
      ],
      [
        { Seed: "2", "Weight of prompt 2": "0.5" },
        { prompts: "a boat | fog:0.5", seed: 2 },
      ],
      [
        { Seed: "1", "Weight of prompt 2": "1" },
        { prompts: "a boat | fog", seed: 1 },
      ],
      [
        { Seed: "2", "Weight of prompt 2": "1" },
        { prompts: "a boat | fog", seed: 2 },
      ],
    ]);
  });

  test("what is no seed has one seed for all of them", () => {
    expect(requests({ name: "words", values: "a red boat\n\na ship, at night" }).map(([, request]) => request)).toEqual(
      [
        { prompts: "a red boat | fog:0.5", seed: 42 },
        { prompts: "a ship, at night | fog:0.5", seed: 42 },
      ],
    );
    expect(requests({ name: "learningRate", values: ".05,.2" })[1]?.[1]).toMatchObject({ learningRate: 0.2, seed: 42 });
    expect(requests({ name: "clampToCodebook", values: "on, off" })[1]?.[1]).toMatchObject({ clampToCodebook: false });
    expect(requests({ name: "preset", values: "fast, paper" })[0]?.[1]).toMatchObject({ preset: "fast" });
  });

  test("values are proposed that can be used as they are, except for words", () => {
    const usable = kinds.filter(({ isText, proposed }) => !isText && proposed !== "");
    expect(usable.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["seed", "steps", "weight-1", "learningRate"]),
    );
    for (const { name, proposed } of usable) expect(kind(name).parse(proposed).length).toBeGreaterThan(1);
    expect(kind("steps").proposed).toBe("30, 60, 120");
  });

  test.each([
    ["seed", "4..1", /Seeds are whole numbers/],
    ["seed", "1..99", /Seeds/],
    ["steps", "1.5, 2", /1.5 is no whole number/],
    ["steps", "10", /at least two/],
    ["learningRate", "fast, slow", /fast is no number/],
    ["optimizer", "adam, magic", /There is no magic: adam/],
    ["nothing", "1, 2", /Choose/],
  ])("%s of %s is refused in words", (name, values, words) => {
    expect(() => requests({ name, values })).toThrow(words);
  });

  test("too many, and the same axis twice", () => {
    expect(() => requests({ name: "seed", values: "1..10" }, { name: "steps", values: "1,2,3,4" })).toThrow(
      /40 pictures are too many/,
    );
    expect(() => requests({ name: "seed", values: "1,2" }, { name: "seed", values: "3,4" })).toThrow(/the same/);
  });
});

test("in the gallery the sessions of a grid are one, where its newest stands", () => {
  const one = (id: string, group?: string) =>
    ({ id, ...(group && { group: { id: group, values: [] } }) }) as unknown as Summary;
  const found = gathered([one("a"), one("b", "g"), one("c"), one("d", "g")]);
  expect(found.map((members) => members.map(({ id }) => id))).toEqual([["a"], ["b", "d"], ["c"]]);
});
