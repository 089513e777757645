import { expect, test } from "vitest";
import { MemorySource } from "../../weights/byte-source.js";
import { entryOf, StateDict } from "../../weights/state-dict.js";
import { configOfArrays, isHuge, parseOpenClipConfig } from "./open-clip-config.js";

/** A checkpoint of these shapes; nothing reads its numbers. */
function checkpoint(shapes: Readonly<Record<string, readonly number[]>>): StateDict {
  const place = { path: "HPS_v2.1_compressed.pt", offset: 0, length: 0 };
  const entries = Object.entries(shapes).map(
    ([name, shape]) => [name, entryOf(name, "float16", shape, place)] as const,
  );
  return new StateDict(new Map(entries), new Map(), new MemorySource(new Uint8Array(), place.path));
}

test("HPS's checkpoint, which has no config, is a ViT-H/14 of OpenCLIP's", () => {
  const blocks = (tower: string, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${tower}.resblocks.${i}.ln_1.weight`, [1]]));
  const weights = checkpoint({
    "visual.conv1.weight": [1280, 3, 14, 14],
    "visual.positional_embedding": [257, 1280],
    "visual.proj": [1280, 1024],
    ...blocks("visual.transformer", 32),
    ...blocks("transformer", 24),
    text_projection: [1024, 1024],
    positional_embedding: [77, 1024],
    "token_embedding.weight": [49408, 1024],
    "ln_final.weight": [1024],
  });
  expect(isHuge(weights)).toBe(true);
  const config = parseOpenClipConfig(configOfArrays(weights));
  expect(config.embeddingSize).toBe(1024);
  expect(config.image).toMatchObject({ size: 224, patch: 14, width: 1280, layers: 32, heads: 16, mlpWidth: 5120 });
  expect(config.image).toMatchObject({ activation: "gelu" });
  expect(config.text).toMatchObject({ width: 1024, layers: 24, heads: 16, contextLength: 77, vocabulary: 49408 });
  expect(isHuge(checkpoint({ "visual.conv1.weight": [1024, 3, 14, 14] }))).toBe(false);
});
