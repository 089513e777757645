/** What there is to ask for: models, device, presets, what the models recommend. */
import * as z from "zod";
import { presetNames } from "../guidance/presets.js";
import { filmFormats, type Platform } from "./platform.js";

export const infoSchema = z.object({
  models: z.array(z.object({ role: z.string(), name: z.string() })),
  device: z.string(),
  threads: z.int().nullable(),
  size: z.tuple([z.int(), z.int()]).describe("width and height in pixels that the models are made for"),
  presets: z.array(z.string()),
  films: z
    .array(z.enum(filmFormats))
    .describe("what the frames of a video can be written as here; none without ffmpeg but webp"),
  recommended: z.record(z.string(), z.unknown()).describe("settings of a picture where a request names none"),
});

export async function infoOf({ vq, runsOn, films }: Platform): Promise<z.infer<typeof infoSchema>> {
  const { prompts: _, seed: __, ...recommended } = vq.resolve({ prompts: "a picture" }).settings;
  const models = (await vq.identities()).map(({ role, name }) => ({ role, name }));
  const { device, threads = null } = runsOn;
  const formats = [...((await films?.formats()) ?? [])];
  return { models, device, threads, size: recommended.size, presets: [...presetNames], films: formats, recommended };
}
