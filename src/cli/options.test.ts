import { Command } from "commander";
import { expect, test } from "vitest";
import { addModelOptions, addSettingOptions, modelArguments, modelFrom, settingsFrom } from "./options.js";

function optionsOf(...words: string[]): Readonly<Record<string, unknown>> {
  const command = addModelOptions(addSettingOptions(new Command().exitOverride().configureOutput({ writeErr() {} })));
  return command.parse(words, { from: "user" }).opts();
}

test("a generator has two names, of which one is given", () => {
  for (const flag of ["--generator", "--vqgan"]) {
    const options = optionsOf(flag, "DIR", "--clip", "A");
    expect(modelFrom(options)).toEqual({ vqgan: "DIR", clip: ["A"], localFilesOnly: true });
    expect([...modelArguments(options)].sort()).toEqual(["--clip", "--vqgan", "A", "DIR"]);
  }
  expect(() => optionsOf("--generator", "A", "--vqgan", "B")).toThrow("cannot be used with");
});

test("what a generator is told may be nothing, and look like a number", () => {
  expect(settingsFrom(optionsOf("--generator-prompt", "", "--noising", "0.6"), [])).toEqual({
    generatorPrompt: "",
    noising: 0.6,
  });
  expect(settingsFrom(optionsOf("--generator-prompt", "1984"), [])).toEqual({ generatorPrompt: "1984" });
});

test("of a population, an even number is asked for", () => {
  expect(settingsFrom(optionsOf("--population", "4"), [])).toEqual({ population: 4 });
  expect(() => optionsOf("--population", "3")).toThrow("expected an even number from 2 to 4096");
  expect(() => optionsOf("--cutouts", "0")).toThrow("expected a whole number from 1");
});
