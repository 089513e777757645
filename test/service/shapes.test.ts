/** What is drawn beside pixels, from the service: a mesh's files and its turn, a drawing's curves, and what there is none of. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { validateBytes } from "gltf-validator";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { readObj } from "../../src/models/mesh/obj.js";
import { platformOn } from "../../src/service/on-node.js";
import { FolderStore } from "../../src/service/store.js";
import { Studio } from "../../src/service/studio.js";
import { VqganClip } from "../../src/vqgan-clip.js";
import { fixturePath } from "../support/fixtures.js";

/** A studio whose pictures this generator makes. */
async function studioOf(generator: string): Promise<Studio> {
  const models = { vqgan: generator, clip: fixturePath("clip-quick-gelu"), threads: 1 };
  const folder = await mkdtemp(join(tmpdir(), "vqgan-clip-shapes-"));
  const vq = await VqganClip.fromPretrained(models);
  const studio = await Studio.open(platformOn(vq, await FolderStore.open(folder), models), {});
  onTestFinished(async () => {
    await studio.close();
    await rm(folder, { recursive: true, force: true });
  });
  return studio;
}

const small = { prompts: "a castle", size: [24, 20] as [number, number], cutouts: 2, seed: 5, steps: 1 };

/** The id of a finished session. */
async function made(studio: Studio): Promise<string> {
  const { id } = await studio.making.create(small);
  await new Promise<void>((done, failed) => {
    const look = () => {
      const { status, error } = studio.view(id);
      if (error) failed(new Error(error.detail));
      if (status === "finished") done();
    };
    studio.eventsOf(id).subscribe(look);
    look();
  });
  return id;
}

test("a mesh: three files and one turn; no curves, and no video", { timeout: 120_000 }, async () => {
  const studio = await studioOf(`mesh:${fixturePath("mesh/solid.obj")},views=2`);
  expect((await studio.info()).shapes).toEqual(["mesh.glb", "mesh.ply", "mesh.obj", "turntable.webp"]);
  const id = await made(studio);
  const obj = readObj(await studio.pictures.shape(id, "mesh.obj"), "mesh.obj");
  expect(obj.colours).toBeDefined();
  const { info, issues } = await validateBytes(await studio.pictures.shape(id, "mesh.glb"));
  expect(issues.messages).toEqual([]);
  expect(info).toMatchObject({ totalTriangleCount: obj.faces.length / 3 });
  const turn = await studio.pictures.shape(id, "turntable.webp");
  expect(await sharp(turn, { animated: true }).metadata()).toMatchObject({ pages: 36, width: 24, pageHeight: 20 });
  await expect(studio.pictures.shape(id, "drawing.svg")).rejects.toMatchObject({
    code: "NOT_FOUND",
    message: expect.stringContaining("drawing.svg: solid.obj,views=2 has none"),
  });
  await expect(studio.making.create({ ...small, video: { frames: 3 } })).rejects.toThrow(
    /video: .*solid.obj.* encoder/,
  );
});

test("strokes: their curves, and the drawing in the making", { timeout: 120_000 }, async () => {
  const studio = await studioOf("strokes:count=5");
  expect((await studio.info()).shapes).toEqual(["drawing.svg", "drawing.webp"]);
  const id = await made(studio);
  const svg = new TextDecoder().decode(await studio.pictures.shape(id, "drawing.svg"));
  expect(svg.match(/<path /g)).toHaveLength(5);
  expect(await sharp(await studio.pictures.shape(id, "drawing.webp"), { animated: true }).metadata()).toMatchObject({
    width: 24,
  });
});

test("pixels have none", { timeout: 120_000 }, async () => {
  expect((await (await studioOf("pixels")).info()).shapes).toEqual([]);
});
