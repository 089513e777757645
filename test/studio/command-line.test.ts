/** The copied line makes the same picture: the command line reads each of its flags as the setting that was meant. */
import { Command } from "commander";
import { expect, test } from "vitest";
import { z } from "zod";
import { addSettingOptions, settingOfFlag, settingsFrom } from "../../src/cli/options.js";
import { settingsSchema } from "../../src/guidance/settings.js";
import type { Schema, Session, Settings } from "../../studio/src/api/types.js";
import { fieldsOf } from "../../studio/src/settings/schema-fields.js";
import { commandLine } from "../../studio/src/stage/command-line.js";
import { ownPlaces } from "../../studio/src/state/draft.js";

const recommended = { steps: 60, size: [128, 128], optimizer: "adam", learningRate: 0.1, recompute: false } as const;
const session = (settings: Settings, facts: Partial<Session> = {}) =>
  ({ settings, nodes: [{ id: 1 }], promptImages: [], kind: "create", ...facts }) as unknown as Session;

test("flags for what is not as recommended, which the command line reads back", () => {
  const settings = {
    ...recommended,
    prompts: "a castle:0.7 | fog:-0.3",
    seed: 7,
    steps: 12,
    size: [64, 96] as const,
    learningRate: 0.05,
    cutMethod: "whole",
    clampToCodebook: true,
    recompute: true,
    targets: [],
  };
  const line = commandLine(session(settings), recommended, "a.png");
  expect(line).toBe(
    'npx vqgan-clip generate "a castle:0.7 | fog:-0.3" --steps 12 --size 64x96 --learning-rate 0.05 --recompute on --cut-method whole --clamp-to-codebook on --seed 7',
  );
  const [, , , ...words] = line.match(/"[^"]*"|\S+/g) ?? [];
  const command = addSettingOptions(new Command().argument("[prompts...]")).exitOverride();
  command.parse(
    words.map((word) => word.replaceAll('"', "")),
    { from: "user" },
  );
  expect(settingsFrom(command.opts(), command.args)).toEqual({
    prompts: ["a castle:0.7 | fog:-0.3"],
    seed: 7,
    steps: 12,
    size: [64, 96],
    learningRate: 0.05,
    cutMethod: "whole",
    clampToCodebook: true,
    recompute: true,
  });
});

test("every plain setting has the flag that its name becomes", () => {
  const schema = z.toJSONSchema(settingsSchema, { io: "input", unrepresentable: "any" }) as Schema;
  const plain = fieldsOf(schema, ownPlaces).filter(({ kind }) => ["number", "choice", "switch"].includes(kind));
  expect(plain.length).toBeGreaterThan(10);
  for (const { name } of plain) {
    const line = commandLine(session({ prompts: "a", seed: 1, [name]: 1 }), {}, "a.png");
    expect(settingOfFlag(/ --([a-z-]+) 1 --seed/.exec(line)?.[1] ?? "")).toBe(name);
  }
});

test("what flags do not tell is in the picture's own story", () => {
  const like = 'npx vqgan-clip generate --like "a-boat.png"';
  const settings = { prompts: "a boat", seed: 1, ...recommended };
  const of = (changed: Settings, facts?: Partial<Session>) =>
    commandLine(session({ ...settings, ...changed }, facts), recommended, "a-boat.png");
  expect(of({})).toBe('npx vqgan-clip generate "a boat" --seed 1');
  expect(of({}, { kind: "edit" })).toBe(like);
  expect(of({}, { promptImages: ["/1.webp"] })).toBe(like);
  expect(of({}, { nodes: [{ id: 1 }, { id: 2 }] as unknown as Session["nodes"] })).toBe(like);
  expect(of({ schedule: { kind: "cosine" } })).toBe(like);
});

test("what a shell would read as its own is quoted", () => {
  const of = (prompts: string) => commandLine(session({ ...recommended, prompts, seed: 1 }), recommended, "a.png");
  expect(of("it's")).toContain(`"it's"`);
  expect(of("a $5 'bill'")).toContain(`'a $5 '\\''bill'\\'''`);
});
