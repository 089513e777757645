/**
 * The paper's figures 8, 9, 17 and 18 and its table 1 from the weights at hand, as one HTML file and one PNG.
 *
 *     npm run reproduce -- --out docs/reproduction       the bundled pair; a few minutes on two idle cores
 *     npm run reproduce -- --vqgan DIR --clip openai/clip-vit-base-patch32 --judge openai/clip-vit-base-patch16
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeFileAtomically } from "../src/files/atomic-write.js";
import { type PretrainedOptions, VqganClip } from "../src/vqgan-clip.js";
import { makeReport } from "./make.js";
import { htmlReport, pngReport } from "./report.js";

const { values } = parseArgs({
  options: {
    /** Folder to write to. */
    out: { type: "string", default: "reproduction" },
    /** The pair, or its parts, as for `vqgan-clip generate`. */
    model: { type: "string" },
    vqgan: { type: "string" },
    clip: { type: "string" },
    /** A second CLIP that reads the pictures. */
    judge: { type: "string" },
    seed: { type: "string", default: "0" },
    steps: { type: "string" },
    size: { type: "string" },
    threads: { type: "string" },
  },
});

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name}: expected a whole number, got ${text}`);
  return value;
}

const { out, model, vqgan, clip, judge } = values;
const side = values.size === undefined ? undefined : whole("size", values.size);
const threads = values.threads === undefined ? {} : { threads: whole("threads", values.threads) };
await mkdir(out, { recursive: true });

const report = await makeReport({
  seed: whole("seed", values.seed),
  ...(values.steps !== undefined && { steps: whole("steps", values.steps) }),
  ...(side !== undefined && { size: [side, side] as const }),
  command: ["npm run reproduce --", ...process.argv.slice(2)].join(" "),
  onPicture: (what) => console.error(what),
  open: async (onNotice) => {
    const given: PretrainedOptions = { ...(model && { model }), ...(vqgan && { vqgan }), ...(clip && { clip }) };
    return {
      vq: await VqganClip.fromPretrained({ ...given, ...threads, onNotice }),
      judge: judge === undefined ? undefined : await VqganClip.fromPretrained({ clip: judge, ...threads, onNotice }),
    };
  },
});
await writeFileAtomically(join(out, "report.html"), new TextEncoder().encode(await htmlReport(report)));
await writeFileAtomically(join(out, "report.png"), await pngReport(report));
console.error(`${join(out, "report.html")} and report.png`);
