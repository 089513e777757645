/** What there is to ask for: models, device, presets, what the models recommend. */
import * as z from "zod";
import { presetNames, presetWords } from "../guidance/presets.js";
import { filmFormats, type Platform } from "./platform.js";
import { shapeFileNames, shapesOf } from "./shapes.js";

export const infoSchema = z.object({
  models: z.array(z.object({ role: z.string(), name: z.string() })),
  device: z.string(),
  threads: z.int().nullable(),
  size: z.tuple([z.int(), z.int()]).describe("width and height in pixels that the models are made for"),
  presets: z.array(z.string()),
  presetWords: z.record(z.string(), z.string()).describe("what each preset is, in a line"),
  films: z
    .array(z.enum(filmFormats))
    .describe("what the frames of a video can be written as here; none without ffmpeg but webp"),
  shapes: z
    .array(z.enum(shapeFileNames))
    .describe("files of what the generator draws beside pixels: the curves of strokes, a mesh, films of both"),
  recommended: z.record(z.string(), z.unknown()).describe("settings of a picture where a request names none"),
});

export async function infoOf(platform: Platform): Promise<z.infer<typeof infoSchema>> {
  const { vq, runsOn, films } = platform;
  const { prompts: _, seed: __, ...recommended } = vq.resolve({ prompts: "a picture" }).settings;
  const models = (await vq.identities()).map(({ role, name }) => ({ role, name }));
  const { device, threads = null } = runsOn;
  const formats = [...((await films?.formats()) ?? [])];
  const shapes = shapesOf(vq.generator, platform);
  const { size } = recommended;
  const known = { presets: [...presetNames], presetWords };
  return { models, device, threads, size, ...known, films: formats, shapes, recommended };
}
