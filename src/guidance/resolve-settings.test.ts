import { describe, expect, it } from "vitest";
import { parseAugmentations } from "./augmentation-list.js";
import { presets } from "./presets.js";
import { parseRecommendation, resolveSettings } from "./resolve-settings.js";

const sources = { size: [128, 128] as const, drawSeed: () => 77 };

describe("resolveSettings", () => {
  it("ends at preset paper, the generator's size and a drawn seed, and says so", () => {
    const { settings, origins } = resolveSettings({ prompts: ["a castle", "fog:0.5"] }, sources);
    expect(settings).toEqual({ ...presets.paper, prompts: "a castle | fog:0.5", size: [128, 128], seed: 77 });
    expect(origins).toMatchObject({ prompts: "request", steps: "preset paper", size: "generator", seed: "drawn" });
  });

  it("puts the request before the preset, a named preset before the model, the model before paper", () => {
    const recommended = { steps: 90, cutouts: 8, size: [64, 96] as [number, number] };
    const plain = resolveSettings({ prompts: "x", cutouts: 4 }, { ...sources, recommended });
    expect(plain.settings).toMatchObject({ steps: 90, cutouts: 4, size: [64, 96], learningRate: 0.15 });
    expect(plain.origins).toMatchObject({ steps: "model", cutouts: "request", size: "model" });
    const named = resolveSettings({ prompts: "x", preset: "nerdyrodent" }, { ...sources, recommended });
    expect(named.settings).toMatchObject({ steps: 500, cutouts: 32, size: [64, 96] });
    expect(named.origins.steps).toBe("preset nerdyrodent");
  });

  it("fills in what regularisers of the picture leave out", () => {
    const pictureRegularizers = [{ kind: "symmetry", weight: 1 } as const, { kind: "border", weight: 0.3 } as const];
    expect(resolveSettings({ prompts: "x", pictureRegularizers }, sources).settings.pictureRegularizers).toEqual([
      { kind: "symmetry", weight: 1, mirror: "left-right" },
      { kind: "border", weight: 0.3, colour: "#ffffff", width: 5 },
    ]);
  });

  it("leaves starts that need an encoder out of recipes where there is none, and keeps what is asked for", () => {
    const start = (more: object, request = {}) =>
      resolveSettings({ prompts: "x", ...request }, { ...sources, ...more }).settings.start;
    const recommended = { start: "white" } as const;
    expect(start({})).toBe("pixels");
    expect(start({ codebook: false })).toBe("pixels");
    expect(start({ recommended })).toBe("white");
    for (const more of [{}, { recommended }]) {
      expect(start({ ...more, encoder: false })).toBe("codes");
      expect(start({ ...more, encoder: false, codebook: false })).toBe("normal");
    }
    expect(start({ encoder: false }, { start: "gradient" })).toBe("gradient");
  });

  it("edits as far as the request says, else the model, else three quarters", () => {
    const structure = (request: { strength?: number }, recommended = {}) =>
      resolveSettings({ prompts: "x", ...request }, { ...sources, recommended, edits: true }).settings.structure;
    expect(structure({})).toBeCloseTo(0.25);
    expect(structure({}, { strength: 0.9 })).toBeCloseTo(0.1);
    expect(structure({ strength: 0.4 }, { strength: 0.9 })).toBeCloseTo(0.6);
    expect(() => parseRecommendation('{"strength":2}', "recommended.json")).toThrow("recommended.json: strength: ");
  });

  it("takes what the model says of runs from a picture for these alone, and no prior where there is none", () => {
    const prior = { weight: 0.2, from: 1, to: 0.4 };
    const recommended = {
      learningRate: 0.5,
      prior,
      fromPicture: { learningRate: 0.1, prior: { ...prior, weight: 0 } },
    };
    const motion = { first: 1, every: 1, zoom: 1, pan: [0, 0] as [number, number], rotate: 0 };
    const chosen = (more: object, request = {}) => {
      const from = { ...sources, recommended, prior: true, ...more };
      const { learningRate, prior } = resolveSettings({ prompts: "x", ...request }, from).settings;
      return [learningRate, prior.weight];
    };
    expect(chosen({})).toEqual([0.5, 0.2]);
    for (const way of [{ edits: true }, { begun: true }]) expect(chosen(way)).toEqual([0.1, 0]);
    expect(chosen({}, { motion })).toEqual([0.1, 0]);
    expect(chosen({}, { prior: { to: 0.6 } })).toEqual([0.5, 0.2]);
    expect(chosen({ prior: false })).toEqual([0.5, 0]);
    expect(chosen({}, { latent: "sampled" })).toEqual([0.5, 0]);
  });

  it("merges the regulariser by field", () => {
    const { settings } = resolveSettings({ prompts: "x", regularizer: { weight: 2 } }, sources);
    expect(settings.regularizer).toEqual({ ...presets.paper.regularizer, weight: 2 });
  });

  it("re-makes a picture's settings but for what is asked", () => {
    const like = resolveSettings({ prompts: "x", seed: 1, steps: 9 }, sources).settings;
    const targets = [{ kind: "noise", weight: 1, stop: null, seed: 3 }] as const;
    const noiseOf = (request: object) => resolveSettings({ targets: [...targets], ...request }, { ...sources, like }).settings.prompts; // biome-ignore format: one thought
    expect([noiseOf({}), noiseOf({ prompts: "" }), noiseOf({ prompts: "y" })]).toEqual(["x", "", "y"]);
    expect(resolveSettings({ seed: 2 }, { ...sources, like }).settings).toEqual({ ...like, seed: 2 });
  });

  it("refuses what it does not know, naming what came", () => {
    expect(() => resolveSettings({}, sources)).toThrow("none was given");
    expect(() => resolveSettings({ prompts: "x", steps: -1 }, sources)).toThrow(/^steps: .*got -1$/);
    expect(() => resolveSettings({ prompts: "x", ...{ stepz: 3 } }, sources)).toThrow('no "stepz"');
  });
});

describe("parseRecommendation", () => {
  it("reads a part of a recipe and refuses other keys", () => {
    expect(parseRecommendation('{"steps": 9}', "f")).toEqual({ steps: 9 });
    expect(() => parseRecommendation('{"fromPicture": {"size": [16, 16]}}', "f")).toThrow("f: fromPicture: ");
    expect(() => parseRecommendation('{"seed": 9}', "f")).toThrow(/f: .*seed/);
    expect(() => parseRecommendation("{", "f")).toThrow("f: not JSON");
  });
});

describe("parseAugmentations", () => {
  it("reads positions, names, presets and none", () => {
    expect(parseAugmentations("hflip,affine:15:p=1, noise:0.2")).toEqual([
      { kind: "hflip", p: 0.5 },
      { kind: "affine", degrees: 15, translate: 0.1, shear: 0, p: 1 },
      { kind: "noise", level: 0.2 },
    ]);
    expect(parseAugmentations("none")).toEqual([]);
    expect(parseAugmentations("nerdyrodent")).toEqual(presets.nerdyrodent.augmentations);
  });
  it.each([
    ["blur", '"blur" is no augmentation'],
    ["affine:x", "no value of affine"],
    ["noise:0.1:3", "no value of noise"],
    ["hflip:2", "hflip:2"],
    ["", '"" is no augmentation'],
  ])("refuses %s", (source, message) => {
    expect(() => parseAugmentations(source)).toThrow(message);
  });

  it("holds edges where a preset would hold content and there is no classifier, unless content is asked for", () => {
    const edit = { prompts: "a sketch", preset: "clipstyler" } as const;
    const repainted = { ...sources, edits: true, editKind: "repainted", codebook: false, encoder: false } as const;
    const without = resolveSettings(edit, repainted);
    expect(without.settings).toMatchObject({ content: 0, steps: 200, regularizer: { weight: 0 } });
    expect(without.settings.edges).toBeGreaterThan(0);
    expect(without.origins).toMatchObject({ content: "no classifier", edges: "no classifier" });
    const asked = resolveSettings({ ...edit, content: 2, edges: 1 }, repainted).settings;
    expect(asked).toMatchObject({ content: 2, edges: 1 });
    const held = resolveSettings(edit, { ...repainted, classifier: true });
    expect(held.settings).toMatchObject({ content: presets.clipstyler.content, edges: 0 });
    expect(resolveSettings({ prompts: "x" }, sources).settings).toMatchObject({ content: 0, edges: 0 });
  });

  it("holds what is repainted by its edges, the less the further it may go; there is no latent to pull", () => {
    const of = (strength: number) =>
      resolveSettings({ prompts: "x", strength }, { ...sources, edits: true, editKind: "repainted" }).settings;
    expect(of(1)).toMatchObject({ edges: 0, structure: 0, regularizer: { weight: 0 } });
    expect(of(0.5).edges).toBeGreaterThan(of(0.75).edges);
    expect(of(0.5)).toMatchObject({ structure: 0, regularizer: { weight: 0 } });
  });
});
