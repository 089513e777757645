import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixturePath } from "../../../test/support/fixtures.js";
import { loadClip } from "../load.js";

test("a folder whose weights are called pytorch_model.bin is one too; without weights it is none", async () => {
  const folder = await mkdtemp(join(tmpdir(), "clip-"));
  try {
    await cp(fixturePath("clip-quick-gelu"), folder, { recursive: true });
    await rename(join(folder, "model.safetensors"), join(folder, "pytorch_model.bin"));
    const clip = await loadClip(folder);
    expect(clip.embeddingSize).toBe(24);
    expect(clip.files.map(({ name }) => name)).toEqual(["pytorch_model.bin"]);
    await rm(join(folder, "pytorch_model.bin"));
    await expect(loadClip(folder)).rejects.toMatchObject({
      code: "BAD_MODEL",
      message: `${join(folder, "model.safetensors")}: no such file; a CLIP model needs it`,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
