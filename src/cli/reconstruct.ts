/** `vqgan-clip reconstruct`: a picture through the generator and back, which shows what it can draw at all. */
import type { Command } from "commander";
import { writeFileAtomically } from "../files/atomic-write.js";
import { readInput } from "../files/read-input.js";
import { encodePng } from "../image/png.js";
import { resizePicture } from "../image/resize.js";
import { codebookOf } from "../models/generator.js";
import { addModelOptions, modelFrom, wholeNumber } from "./options.js";
import { checkOutputs } from "./outputs.js";
import { tell, tellJson } from "./terminal.js";

interface ReconstructFlags extends Readonly<Record<string, unknown>> {
  readonly maxSide: number;
  readonly codes?: string;
  readonly json?: boolean;
}

export function addReconstruct(program: Command): void {
  const command = program
    .command("reconstruct")
    .description(
      "Encodes, quantises and decodes a picture of any size; writes a PNG of that size and says how near it is.",
    )
    .argument("<input>", "the picture")
    .argument("<output>", "PNG to write")
    .option("--codes <file>", "JSON of the chosen codes, row by row, as --init-codes reads it (default: none)")
    .option("--max-side <n>", "a longer side is scaled down to this first and back up at the end", sideOf, 1024)
    .option("--json", "one JSON object (default: one line)");
  addModelOptions(command).action(reconstruct);
}

const sideOf = (text: string): number => wholeNumber(text, 16, 4096);

async function reconstruct(input: string, output: string, flags: ReconstructFlags): Promise<void> {
  const { maxSide, codes: codesPath } = flags;
  await checkOutputs([
    { flag: "output", path: output, endings: [".png"] },
    ...(codesPath === undefined ? [] : [{ flag: "--codes", path: codesPath, endings: [".json"] }]),
  ]);
  const { decodePicture } = await import("../image/decode.js");
  const picture = await decodePicture(await readInput(input), input);
  const [, height, width] = picture.shape as [number, number, number];
  const scale = Math.min(1, maxSide / Math.max(height, width));
  const [seenHeight, seenWidth] = [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))];
  const { VqganClip } = await import("../vqgan-clip.js"); // the engine is loaded when it is needed
  const vq = await VqganClip.fromPretrained(modelFrom(flags));
  const seen = resizePicture(picture, seenHeight, seenWidth, "bicubic");
  const { picture: made, codes, psnr, codesUsed } = await vq.reconstruct(seen);
  if (codesPath !== undefined) codebookOf(vq.generator, "--codes");
  await writeFileAtomically(output, encodePng(resizePicture(made, height, width, "bicubic")));
  const [rows, columns] = codes?.shape ?? [];
  if (codesPath !== undefined && codes) {
    const flat = Array.from(codes.data, Number);
    await writeFileAtomically(codesPath, new TextEncoder().encode(`${JSON.stringify(flat)}\n`));
  }
  const facts = {
    output,
    width,
    height,
    seenWidth,
    seenHeight,
    rows,
    columns,
    psnr,
    codesUsed,
    codes: vq.generator.codebook?.codes.shape[0],
  };
  if (flags.json) tellJson(facts);
  else {
    const scaled = scale < 1 ? `, scaled to ${seenWidth}x${seenHeight} in between` : "";
    const used = codes ? `, ${codesUsed} of ${facts.codes} codes in ${rows}x${columns}` : "";
    tell(`${output}: ${width}x${height}${scaled}, PSNR ${psnr.toFixed(2)} dB${used}`);
  }
}
