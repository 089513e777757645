/** `vqgan-clip score`: how well prompts fit a picture. */
import type { Command } from "commander";
import { VqganClipError } from "../core/errors.js";
import { noticeText } from "./notices.js";
import { addModelOptions, modelFrom } from "./options.js";

export function addScore(program: Command): void {
  const command = program
    .command("score")
    .summary("how well prompts fit a picture")
    .description(
      "Ranks prompts by how near the perceptor finds them to a picture: cosine and squared spherical distance.",
    )
    .argument("<picture>", "the picture")
    .argument("<prompts...>", "plain texts, without weights")
    .option("--json", "one JSON object (default: a table)");
  addModelOptions(command).action(score);
}

async function score(
  picture: string,
  prompts: readonly string[],
  flags: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (prompts.some((prompt) => prompt.trim() === "")) {
    throw new VqganClipError("BAD_PROMPT", "score: a prompt is empty", 'write what to look for, such as "a red apple"');
  }
  const { VqganClip } = await import("../vqgan-clip.js"); // the engine is loaded when it is needed
  const vq = await VqganClip.fromPretrained({
    ...modelFrom(flags),
    onNotice: (notice) => process.stderr.write(`${noticeText(notice)}\n`),
  });
  const scores = await vq.score(picture, prompts);
  if (flags.json) {
    const [, perceptor] = await vq.identities();
    console.log(JSON.stringify({ model: perceptor, scores }));
    return;
  }
  console.log("cosine  distance  prompt");
  for (const { prompt, cosine, distance } of scores) {
    console.log(`${cosine.toFixed(4).padStart(6)}  ${distance.toFixed(4).padStart(8)}  ${prompt}`);
  }
}
