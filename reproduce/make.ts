/** The whole report of a pair of models. */
import { noticeText } from "../src/pair/notice-text.js";
import type { Notice } from "../src/pair/options.js";
import type { VqganClip } from "../src/vqgan-clip.js";
import { figure8, figure9, figure17, figure18, table1 } from "./figures.js";
import type { Report } from "./report.js";
import { Studio, type StudioOptions } from "./studio.js";

export interface ReportOptions extends Omit<StudioOptions, "vq" | "judge"> {
  /** Opens the pair, and where there is one that of the judge, telling what is worth a note. */
  readonly open: (onNotice: (notice: Notice) => void) => Promise<{ vq: VqganClip; judge: VqganClip | undefined }>;
  /** How to make it again. */
  readonly command: string;
}

export async function makeReport({ open, command, ...options }: ReportOptions): Promise<Report> {
  const notes = new Set<string>();
  const { vq, judge } = await open((notice) => notes.add(noticeText(notice).replace(/^note: /, "")));
  const studio = new Studio({ ...options, vq, judge });
  const { settings } = vq.resolve({ prompts: "a", size: [...studio.size], seed: options.seed });
  const figures = [await figure8(studio)];
  const { figure, all } = await figure9(studio);
  figures.push(figure, await figure17(studio));
  const { figure: edited, masked } = await figure18(studio);
  figures.push(edited);
  const timed = [
    ["generate, as in figure 9", all],
    ["edit, as in figure 18", masked],
  ] as const;
  const second = judge && (await judge.identities()).filter(({ role }) => role === "perceptor");
  const weights = [...(await vq.identities()), ...(second ?? []).map((model) => ({ ...model, role: "judge" }))];
  return {
    title: "VQGAN-CLIP: the paper's figures from the weights at hand",
    about: [
      ...weights.map(({ role, name, sha256 }) => `${role}: ${name}${sha256 ? `, sha256 ${sha256}` : ""}`),
      `Unless a figure says otherwise: ${studio.size.join("x")} px, ${options.steps ?? settings.steps} steps, ${settings.cutouts} cutouts, ${settings.optimizer} at ${settings.learningRate}, seed ${options.seed}; one seed, none picked.`,
      "Under each picture: cosine with its caption and the caption's place among those of other things, read by the encoder that guided it (guide)" +
        (judge
          ? " and by one that had no part in it (judge)."
          : ". No second encoder was given (--judge): a guide is easily pleased by its own pictures."),
      `Made by: ${command}`,
    ],
    figures,
    table: await table1(studio, timed),
    notes: [...notes],
  };
}
