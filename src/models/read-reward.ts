/** A reward model from its files: a head, a CLIP that was trained to score, or ImageReward. */
import { requires } from "../core/errors.js";
import { imageReward, imageRewardIn, isImageReward } from "./blip/image-reward.js";
import { readClip } from "./clip/read.js";
import { type Files, firstThere, type Place } from "./files.js";
import type { Head } from "./head/head.js";
import { isHead, readHead } from "./head/read.js";
import { readCheckpoint } from "./model-weights.js";
import type { Perceptor } from "./perceptor.js";
import type { JointScorer } from "./reward.js";

/** What a head is called in a folder of its own. */
const headNames = ["head.safetensors", "head.pth", "head.pt"];

/** The file of a folder that holds a head alone; undefined where there is none. */
export function headIn(files: Files): Promise<string | undefined> {
  return firstThere(files, headNames);
}

/** @throws BAD_MODEL, BAD_FILE when it is none of them; IO_FAILED, ABORTED */
export async function readReward(place: Place): Promise<Head | Perceptor | JointScorer> {
  const { path, files } = place;
  const file = place.file ?? (await headIn(files)) ?? (await imageRewardIn(files));
  requires(
    file === undefined || (await files.has(file)),
    "BAD_MODEL",
    () => `reward model: ${path}: no such file or folder`,
    "give a head (.safetensors, .pth), ImageReward's folder or what --clip takes",
  );
  if (file === undefined || /\.json$/.test(file)) return readClip(place);
  const checkpoint = await readCheckpoint(files, file, "a reward model");
  if (isImageReward(checkpoint.weights)) return imageReward(files, checkpoint);
  if (!isHead(checkpoint.weights)) return readClip(place);
  const head = await readHead({ path, files, file });
  return headNames.includes(file) ? { ...head, name: files.name } : head;
}

/** Whether a reward model reads its score off another's embedding. */
export function isHeadModel(model: Head | Perceptor | JointScorer): model is Head {
  return "apply" in model;
}

/** Whether a reward model reads texts while it looks. */
export function isJointScorer(model: Head | Perceptor | JointScorer): model is JointScorer {
  return !isHeadModel(model) && !("encodeImage" in model);
}
