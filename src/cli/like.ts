/** `generate --like`: what a picture tells of how it was made, and what it lacks for being made again. */
import { stat } from "node:fs/promises";
import { sha256Of } from "../core/bytes.js";
import { requires, VqganClipError } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { readInput } from "../files/read-input.js";
import { editSource } from "../masks/edit.js";
import type { TargetRequest } from "../pair/requests.js";
import { codeBytes } from "../pair/sources.js";
import type { Story } from "../sessions/metadata.js";
import { differenceText, firstDifference, sameModelHint } from "../sessions/model-identity.js";
import { framePaths } from "../video/frame-folder.js";
import type { VqganClip } from "../vqgan-clip.js";
import type { Reporter } from "./reporter.js";
import { storyOf } from "./story-of.js";

/** What a command names beside the picture. */
interface Given {
  readonly initImage?: string | undefined;
  readonly initCodes?: readonly number[] | undefined;
  /** Painted pictures, in any order. */
  readonly images: readonly string[];
  readonly targets: readonly TargetRequest<string>[];
}

/** Everything that a picture is made of again. */
export interface Likeness {
  readonly story: Story;
  /** What an edit begins at, or an init picture. */
  readonly picture?: NDArray;
  readonly codes?: readonly number[];
  /** Frames of a styled video up to this one. */
  readonly frames?: readonly string[];
  /** Painted pictures by their sha256. */
  readonly painted: ReadonlyMap<string, NDArray>;
  /** Those of its settings, with the pictures and vectors that were given. */
  readonly targets: readonly TargetRequest<string>[];
}

/**
 * Reads the picture's story and finds all that it does not hold itself.
 *
 * @throws BAD_FILE when it has no story, BAD_ARGUMENT naming what is missing and its sha256
 */
export async function likenessOf(path: string, given: Given): Promise<Likeness> {
  const { story } = storyOf(await readInput(path), path);
  if (!story) {
    throw new VqganClipError(
      "BAD_FILE",
      `--like: ${path} carries no vqgan-clip metadata`,
      "it was made with --metadata full only",
    );
  }
  const lacks = (what: string, sha256: string | undefined, flag: string, came?: string): VqganClipError => {
    const hash = sha256 === undefined ? "" : ` (sha256 of its pixels ${sha256})`;
    const other = came === undefined ? "" : `; what was given has ${came}`;
    return new VqganClipError(
      "BAD_ARGUMENT",
      `--like: ${path} was made from ${what}${hash}${other}`,
      `give it: ${flag}`,
    );
  };
  const targets = targetsOf(path, story, given);
  const painted = await paintedOf(story, given, lacks);
  const found = { story, painted, targets };
  const { before, source, initSha256, beganFrom } = story;
  if (beganFrom === "codes") {
    const { initCodes } = given;
    const came = initCodes && (await sha256Of(codeBytes(initCodes)));
    if (!initCodes || (initSha256 !== undefined && came !== initSha256)) {
      throw new VqganClipError(
        "BAD_ARGUMENT",
        `--like: ${path} was made from codes of its own (sha256 ${initSha256})`,
        "give them: --init-codes",
      );
    }
    return { ...found, codes: initCodes };
  }
  const { initImage } = given;
  if (beganFrom !== "picture") {
    const { initCodes: codes } = given; // another start this time
    if (initImage !== undefined) return { ...found, picture: (await pixelsOf(initImage)).picture };
    return codes ? { ...found, codes } : found;
  }
  if (before) {
    const count = before.frames + 1;
    if (initImage === undefined || !(await isFolder(initImage))) {
      throw lacks(`the first ${count} frames of a video`, undefined, "--init-image FOLDER");
    }
    const frames = (await framePaths(initImage)).slice(0, count);
    if (frames.length < count) throw lacks(`the first ${count} frames of a video`, undefined, "--init-image FOLDER");
    return { ...found, frames };
  }
  const wanted = source?.sha256 ?? initSha256;
  const what = source ? `a picture of ${source.width}x${source.height}` : "a picture";
  if (initImage === undefined) throw lacks(what, wanted, "--init-image");
  const { picture, sha256 } = await pixelsOf(initImage);
  if (wanted !== undefined && sha256 !== wanted) throw lacks(what, wanted, "--init-image", sha256);
  return { ...found, picture };
}

/** @throws BAD_MODEL when other weights made it */
export async function tellDifferences(story: Story, vq: VqganClip, reporter: Reporter): Promise<void> {
  const madeWith = story.models.filter(({ role }) => role !== "judge"); // it chose the step, which the picture tells
  const other = firstDifference(madeWith, await vq.identities());
  if (other) {
    throw new VqganClipError(
      "BAD_MODEL",
      `--like: the picture was made with ${differenceText(other)}`,
      sameModelHint(other),
    );
  }
  if (story.device !== "cpu") reporter.say(`note: made on ${story.device}; bytes may differ elsewhere`);
}

/** The settings' targets, with the given files in their order; weights are the picture's. */
function targetsOf(
  path: string,
  { settings, targets = [] }: Story,
  { targets: given }: Given,
): TargetRequest<string>[] {
  const left = { image: given.filter(isImage), vector: given.filter(isVector) };
  const made = settings.targets.map((target, i): TargetRequest<string> => {
    const { kind, weight } = target;
    const aim = { weight, ...(target.stop !== null && { stop: target.stop }) };
    if (kind === "noise") return { kind, ...aim, seed: target.seed };
    const flag = `--${kind}-prompt`;
    const lacking = () =>
      `--like: ${path} was drawn to ${kind === "image" ? "a picture" : "a vector"} (sha256 ${targets[i]})`;
    if (kind === "image") {
      const file = left.image.shift();
      requires(file, "BAD_ARGUMENT", lacking, `give it: ${flag}`);
      return { kind, ...aim, image: file.image, views: target.views };
    }
    const file = left.vector.shift();
    requires(file, "BAD_ARGUMENT", lacking, `give it: ${flag}`);
    return { kind, ...aim, vector: file.vector };
  });
  const needed = settings.targets.filter(({ kind }) => kind !== "noise").length;
  requires(
    left.image.length + left.vector.length === 0 && !given.some(({ kind }) => kind === "noise"),
    "BAD_ARGUMENT",
    () => `--like: ${path} was drawn to ${needed} pictures and vectors; more prompts of these kinds were given`,
    "leave them out, or make a new picture",
  );
  return made;
}

type Of<Kind> = Extract<TargetRequest<string>, { kind: Kind }>;
const isImage = (target: TargetRequest<string>): target is Of<"image"> => target.kind === "image";
const isVector = (target: TargetRequest<string>): target is Of<"vector"> => target.kind === "vector";

async function paintedOf(
  { lineage = [] }: Story,
  { images }: Given,
  lacks: (what: string, sha256: string, flag: string) => VqganClipError,
): Promise<Map<string, NDArray>> {
  const painted = new Map<string, NDArray>();
  for (const path of images) {
    const { picture, sha256 } = await pixelsOf(path);
    painted.set(sha256, picture);
  }
  for (const branch of lineage) {
    if (branch.kind !== "paint" || painted.has(branch.sha256)) continue;
    throw lacks(`a picture that was painted by hand at step ${branch.step}`, branch.sha256, "--image");
  }
  return painted;
}

async function pixelsOf(path: string): Promise<{ picture: NDArray; sha256: string }> {
  const { decodePicture } = await import("../image/decode.js");
  const picture = await decodePicture(await readInput(path), path);
  return { picture, sha256: (await editSource(picture)).sha256 };
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}
