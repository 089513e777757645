/** What stands around prompts, as plain functions: earlier ones, unknown words, pictures to be near. */
import { describe, expect, test } from "vitest";
import { promptRow } from "../../studio/src/prompts/prompt-rows.js";
import { replaced } from "../../studio/src/prompts/warnings.js";
import { emptyDraft, filesOf, hasAim, picturePrompt, requestOf } from "../../studio/src/state/draft.js";
import { added, noRecall, recalled } from "../../studio/src/state/prompt-history.js";

describe("earlier prompts", () => {
  const known = ["a boat", "a castle", "a tree"];

  test("go back one by one, and forth again to what was being written", () => {
    const seen: string[] = [];
    let [recall, now] = [noRecall, "a fo"];
    for (const way of ["older", "older", "older", "older", "newer", "newer", "newer", "newer"] as const) {
      const found = recalled(known, recall, now, way);
      if (found) [recall, now] = [found.recall, found.prompts];
      seen.push(found ? now : "(none)");
    }
    expect(seen).toEqual(["a tree", "a castle", "a boat", "(none)", "a castle", "a tree", "a fo", "(none)"]);
  });

  test("what stands there already is not the first to come", () => {
    expect(recalled(known, noRecall, "a tree", "older")?.prompts).toBe("a castle");
    expect(recalled([], noRecall, "a tree", "older")).toBeUndefined();
    expect(recalled(["a tree"], noRecall, "a tree", "older")).toBeUndefined();
  });

  test("each is kept once, the newest last, and no more than a hundred", () => {
    expect(added(known, "a boat")).toEqual(["a castle", "a tree", "a boat"]);
    expect(added(known, "")).toBe(known);
    const many = Array.from({ length: 120 }, (_, i) => `prompt ${i}`).reduce<readonly string[]>(added, []);
    expect([many.length, many[0], many.at(-1)]).toEqual([100, "prompt 20", "prompt 119"]);
  });
});

test("a word is replaced where it stands alone, whatever its case", () => {
  expect(replaced("A Hill, a hillside (hill)", "hill", "mountain")).toBe("A mountain, a hillside (mountain)");
  expect(replaced("c++ and ünder", "c++", "code")).toBe("code and ünder");
});

describe("pictures to be near", () => {
  const info = { size: [128, 128] as const, recommended: { steps: 60 } };
  const [near, far, off] = ["near", "far", "off"].map((name) => new File([name], name)) as [File, File, File];
  const pictures = [picturePrompt(near), picturePrompt(off, 0), picturePrompt(far, -0.5, "0.2")];

  test("go with the request in their order, each with its weight; those of weight 0 do not", () => {
    const draft = { ...emptyDraft, rows: [promptRow("a boat")], pictures, source: off };
    expect(requestOf(draft, info)).toMatchObject({
      prompts: "a boat",
      imagePrompts: [{ weight: 1 }, { weight: -0.5, stop: 0.2 }],
    });
    expect(filesOf(draft)).toEqual({ image: off, prompts: [near, far] });
  });

  test("are something to see by themselves", () => {
    expect(hasAim({ ...emptyDraft, pictures })).toBe(true);
    expect(hasAim({ ...emptyDraft, pictures: [picturePrompt(off, 0)] })).toBe(false);
    expect(requestOf({ ...emptyDraft, pictures: [] }, info)).not.toHaveProperty("imagePrompts");
  });
});
