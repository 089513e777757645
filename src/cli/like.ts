/** `generate --like`: what a picture tells of how it was made, for making it again. */
import { VqganClipError } from "../core/errors.js";
import { readInput } from "../files/read-input.js";
import { readPngText } from "../image/png-text.js";
import { changesWithLength } from "../prompts/story.js";
import { readStory, type Story } from "../sessions/metadata.js";
import { differenceText, firstDifference } from "../sessions/model-identity.js";
import type { VqganClip } from "../vqgan-clip.js";
import type { Reporter } from "./reporter.js";

/** @throws BAD_FILE, BAD_ARGUMENT */
export async function storyOf(path: string, given: { initImage: unknown; initCodes: unknown }): Promise<Story> {
  const story = readStory(readPngText(await readInput(path)));
  if (!story) {
    throw new VqganClipError(
      "BAD_FILE",
      `--like: ${path} carries no vqgan-clip metadata`,
      "it was made with --metadata full only",
    );
  }
  if (story.changed) {
    throw new VqganClipError(
      "BAD_ARGUMENT",
      `--like: ${path} was made with settings that changed on the way`,
      "resume its session instead",
    );
  }
  if (story.step !== story.settings.steps && changesWithLength(story.settings)) {
    throw new VqganClipError(
      "BAD_ARGUMENT",
      `--like: ${path} was taken at step ${story.step} of ${story.settings.steps}, and its prompts change over the run`,
      "resume its session instead",
    );
  }
  if (story.source) {
    throw new VqganClipError(
      "BAD_ARGUMENT",
      `--like: ${path} is an edit of another picture`,
      "edit that picture again: vqgan-clip edit",
    );
  }
  if (story.settings.targets.some(({ kind }) => kind !== "noise")) {
    throw new VqganClipError(
      "BAD_ARGUMENT",
      `--like: ${path} was drawn to pictures or vectors that it does not hold`,
      "resume its session instead",
    );
  }
  const missing =
    story.beganFrom === "picture" && given.initImage === undefined
      ? "--init-image"
      : story.beganFrom === "codes" && given.initCodes === undefined
        ? "--init-codes"
        : undefined;
  if (missing) {
    throw new VqganClipError(
      "BAD_ARGUMENT",
      `--like: ${path} began at a ${story.beganFrom} of its own`,
      `give it again: ${missing}`,
    );
  }
  return story;
}

/** @throws BAD_MODEL when other weights made it */
export async function tellDifferences(source: Story, vq: VqganClip, reporter: Reporter): Promise<void> {
  const madeWith = source.models.filter(({ role }) => role !== "judge"); // it chose the step, which the picture tells
  const other = firstDifference(madeWith, await vq.identities());
  if (other) {
    throw new VqganClipError(
      "BAD_MODEL",
      `--like: the picture was made with ${differenceText(other)}`,
      "name the same weights: --model, or --vqgan and --clip",
    );
  }
  if (source.device !== "cpu") reporter.say(`note: made on ${source.device}; bytes may differ elsewhere`);
}
