/** `vqgan-clip score`: how well prompts fit a picture. */
import type { Command } from "commander";
import { VqganClipError } from "../core/errors.js";
import { noticeText } from "../pair/notice-text.js";
import type { ModelIdentity } from "../sessions/model-identity.js";
import type { VqganClip } from "../vqgan-clip.js";
import { addModelOptions, addPerceptorWeights, modelFrom } from "./options.js";
import { remark, tell, tellJson } from "./terminal.js";

export function addScore(program: Command): void {
  const command = program
    .command("score")
    .description(
      "Ranks prompts by how near the perceptor finds them to a picture: cosine and squared spherical distance; the weighted means of several --clip.",
    )
    .argument("<picture>", "the picture")
    .argument("<prompts...>", "plain texts, without weights")
    .option("--quiet", "no notes (default: notes on stderr)")
    .option("--json", "one JSON object (default: a table)");
  addPerceptorWeights(addModelOptions(command)).action(score);
}

async function score(
  picture: string,
  prompts: readonly string[],
  flags: Readonly<Record<string, unknown>> & { readonly perceptorWeights?: readonly number[] },
): Promise<void> {
  if (prompts.some((prompt) => prompt.trim() === "")) {
    throw new VqganClipError("BAD_PROMPT", "score: a prompt is empty", 'write what to look for, such as "a red apple"');
  }
  const { VqganClip: Engine } = await import("../vqgan-clip.js"); // the engine is loaded when it is needed
  const vq = await Engine.fromPretrained({
    ...modelFrom(flags),
    onNotice: (notice) => flags.quiet || remark(noticeText(notice)),
  });
  const { perceptorWeights } = flags;
  const scores = await vq.score(picture, prompts, { ...(perceptorWeights && { perceptorWeights }) });
  if (flags.json) {
    tellJson({ models: await perceptorsIn(vq), scores });
    return;
  }
  tell("cosine  distance  prompt");
  for (const { prompt, cosine, distance } of scores) {
    tell(`${cosine.toFixed(4).padStart(6)}  ${distance.toFixed(4).padStart(8)}  ${prompt}`);
  }
}

/** Who looked: names and sha256, in the order of `--clip`. */
export async function perceptorsIn(vq: VqganClip): Promise<ModelIdentity[]> {
  return (await vq.identities()).filter(({ role }) => role === "perceptor");
}
