/** The settings that a PNG carries: ours, or the `parameters` line of other programs as far as it means the same here. */
import * as z from "zod";
import { VqganClipError } from "../core/errors.js";
import { seedFrom } from "../core/seed.js";
import { readPngText } from "../image/png-text.js";
import { readStory, type Story, storyKeywords } from "../sessions/metadata.js";

export const readPictureSchema = z.object({
  source: z.enum(["vqgan-clip", "parameters", "nothing"]),
  settings: z.looseObject({}).describe("what can be asked for again"),
  story: z.custom<Story>().optional().describe("ours alone: all that it says"),
});
type ReadPicture = z.infer<typeof readPictureSchema>;

/** @throws BAD_IMAGE when it is no PNG, BAD_FILE when what we wrote is damaged, OUT_OF_LIMITS */
export function readPicture(png: Uint8Array): ReadPicture {
  const text = readPngText(png, storyKeywords);
  const story = readStory(text);
  if (story) return { source: "vqgan-clip", settings: { ...story.settings }, story };
  const { parameters } = text;
  if (parameters === undefined) return { source: "nothing", settings: {} };
  return { source: "parameters", settings: parametersOf(parameters) };
}

/** Lines of prompts, `Negative prompt:`, and `Key: value` pairs at the end. */
function parametersOf(parameters: string): ReadPicture["settings"] {
  const lines = parameters.split("\n");
  const tail = /^Steps: /.test(lines.at(-1) ?? "") ? (lines.pop() as string) : "";
  const at = lines.findIndex((line) => line.startsWith("Negative prompt:"));
  const wanted = lines.slice(0, at < 0 ? undefined : at).join(" ");
  const unwanted = at < 0 ? "" : lines.slice(at).join(" ").replace("Negative prompt:", "");
  const prompts = [plain(wanted), plain(unwanted) && `${plain(unwanted)}:-0.5`].filter((text) => text !== "");
  if (prompts.length === 0) throw new VqganClipError("BAD_FILE", "parameters: the picture's text holds no prompt");
  const value = (key: string) => new RegExp(`(?:^|, )${key}: ([^,]*)`).exec(tail)?.[1];
  const [, width, height] = /^(\d+)x(\d+)$/.exec(value("Size") ?? "") ?? [];
  const seed = seedFrom(value("Seed"));
  return {
    prompts: prompts.join(" | "),
    ...(seed !== undefined && { seed }),
    ...(height !== undefined && { size: [Number(width), Number(height)] }),
  };
}

/** A foreign prompt as one text: what our grammar reads as signs is text there, weights in brackets are left out. */
function plain(text: string): string {
  return text
    .replace(/\(([^()]*):[\d.]+\)/g, "$1")
    .replace(/[|^:]/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}
