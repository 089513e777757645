/** `vqgan-clip embed`: the unit vector of a text or a picture. */
import type { Command } from "commander";
import { VqganClipError } from "../core/errors.js";
import { noticeText } from "../pair/notice-text.js";
import { addModelOptions, modelFrom } from "./options.js";
import { perceptorsIn } from "./score.js";
import { remark, tell, tellJson } from "./terminal.js";

interface EmbedFlags extends Readonly<Record<string, unknown>> {
  readonly text?: string;
  readonly image?: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export function addEmbed(program: Command): void {
  const command = program
    .command("embed")
    .description(
      "Prints the vector that the perceptor gives to a text or a picture, of length 1: one number a line, or JSON. Of several --clip, one vector after the other, as --vector-prompt takes them.",
    )
    .option("--text <text>", "the text (default: none)")
    .option("--image <file>", "the picture, seen as CLIP does: short side resized, middle square (default: none)")
    .option("--quiet", "no notes (default: notes on stderr)")
    .option("--json", "one JSON object (default: plain numbers)");
  addModelOptions(command).action(embed);
}

async function embed(flags: EmbedFlags): Promise<void> {
  const { text, image, json = false } = flags;
  if ((text === undefined) === (image === undefined)) {
    throw new VqganClipError("BAD_ARGUMENT", "embed: needs either --text or --image");
  }
  if (text?.trim() === "") throw new VqganClipError("BAD_PROMPT", "embed: the text is empty");
  const { VqganClip } = await import("../vqgan-clip.js"); // the engine is loaded when it is needed
  const vq = await VqganClip.fromPretrained({
    ...modelFrom(flags),
    onNotice: (notice) => flags.quiet || remark(noticeText(notice)),
  });
  const embedding = text === undefined ? await vq.embedImage(image as string) : (await vq.embedTexts([text]))[0];
  const numbers = Array.from(embedding as Float32Array);
  if (json) {
    const source = text === undefined ? { kind: "image" } : { kind: "text", text };
    tellJson({ ...source, models: await perceptorsIn(vq), embedding: numbers });
  } else tell(...numbers.map(String));
}
