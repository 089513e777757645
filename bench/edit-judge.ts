/** Who reads the edits: the evaluation's own judge by Python, or any CLIP; neither was in a loss. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NDArray } from "../src/core/ndarray.js";
import { encodePng } from "../src/image/png.js";
import { VqganClip } from "../src/index.js";

export type Vector = readonly number[];

/** Unit vectors of what it is asked about, in their order. */
export interface Read {
  readonly pictures: readonly Vector[];
  readonly texts: readonly Vector[];
}

export type EditJudge = (pictures: readonly NDArray[], texts: readonly string[]) => Promise<Read>;

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** `training/judge`, read by PyTorch: an ImageNet network and a reader of captions. Needs `training/requirements.txt`. */
export function ownJudge(python: string): EditJudge {
  return async (pictures, texts) => {
    const folder = await mkdtemp(join(tmpdir(), "edit-judge-"));
    try {
      const files = pictures.map((_, i) => join(folder, `${i}.png`));
      for (const [i, file] of files.entries()) await writeFile(file, encodePng(pictures[i] as NDArray));
      return JSON.parse(await answerOf(python, JSON.stringify({ pictures: files, texts }))) as Read;
    } finally {
      await rm(folder, { recursive: true });
    }
  };
}

/** Any CLIP that the package reads. */
export function clipJudge(clip: string): EditJudge {
  return async (pictures, texts) => {
    await using vq = await VqganClip.fromPretrained({ generator: "pixels", clip });
    const seen: number[][] = [];
    for (const picture of pictures) seen.push([...(await vq.embedImage(picture))]);
    return { pictures: seen, texts: (await vq.embedTexts(texts)).map((vector) => [...vector]) };
  };
}

function answerOf(python: string, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [here("edit_judge.py")], { stdio: ["pipe", "pipe", "inherit"] });
    const parts: Buffer[] = [];
    child.stdout.on("data", (part: Buffer) => parts.push(part));
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0
        ? resolve(Buffer.concat(parts).toString())
        : reject(
            new Error(`the judge ended with ${code}: install training/requirements.txt, or name a CLIP by --judge`),
          ),
    );
    child.stdin.end(question);
  });
}
