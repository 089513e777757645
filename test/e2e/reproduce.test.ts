/** The report of the paper's figures, whole, from tiny models. */
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeReport } from "../../reproduce/make.js";
import { htmlReport, pngReport } from "../../reproduce/report.js";
import { VqganClip } from "../../src/index.js";
import { fixturePath } from "../support/fixtures.js";

/** A pair that recommends a start of its own. */
async function pairIn(folder: string): Promise<VqganClip> {
  await symlink(fixturePath("vqgan"), join(folder, "vqgan"));
  await symlink(fixturePath("clip-quick-gelu"), join(folder, "clip"));
  await writeFile(join(folder, "recommended.json"), JSON.stringify({ start: "white", learningRate: 0.01 }));
  return VqganClip.fromPretrained({ model: folder, threads: 1 });
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pair-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("every figure with its readings by both encoders, and what made them", { timeout: 600_000 }, async () => {
  const pictures: string[] = [];
  const report = await makeReport({
    open: async (onNotice) => {
      onNotice({ kind: "truncated", text: "a", kept: "a <b>", cut: "c" });
      const second = { vqgan: fixturePath("vqgan"), clip: fixturePath("clip-gelu"), threads: 1 };
      return { vq: await pairIn(folder), judge: await VqganClip.fromPretrained(second) };
    },
    seed: 3,
    steps: 1,
    size: [32, 32],
    command: "npm run reproduce",
    onPicture: (what) => pictures.push(what),
  });
  const rows = report.figures.map(({ rows: cells }) => cells.map((row) => row.map(({ title }) => title)));
  const ways = ["codebook sampling", "z+quantise", "z+quantise, regularised"];
  expect(rows[0]).toEqual([ways, ways]);
  expect(rows[1]?.flat()).toEqual([
    "none",
    ...["hflip", "affine", "perspective", "jitter", "noise"].map((kind) => `${kind} alone`),
    "all",
  ]);
  expect(rows[2]?.[0]).toHaveLength(4);
  const [eighth, ninth] = report.figures.map(({ about }) => about);
  expect(eighth).toContain(
    "start codes, 1 steps, adamw at 0.05 (codebook sampling); start codes, 1 steps, adam at 0.15",
  );
  expect(ninth).toMatch(/start codes, 1 steps, adam at 0.15\.$/);
  expect(report.about).toContainEqual(expect.stringContaining("adam at 0.01"));
  expect(pictures).toHaveLength(20);
  const cells = report.figures.flatMap((figure) => figure.rows.flat());
  for (const { lines } of cells) {
    for (const reader of ["guide", "judge"]) {
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${reader}: -?\\d\\.\\d\\d, place \\d+ of 21$`)));
    }
  }
  const [source, masked, whole] = report.figures[3]?.rows[0] ?? [];
  expect(masked?.lines).toContain("outside: equal, every byte");
  expect(whole?.lines).toContainEqual(expect.stringMatching(/^outside: [\d.]+ of 255 apart$/));
  expect(source?.picture.shape).toEqual([3, 32, 32]);
  expect(report.about.filter((line) => /^(generator|perceptor|judge): .*sha256 [0-9a-f]{64}$/.test(line))).toHaveLength(
    3,
  );
  expect(report.table.rows.map(([what]) => what)).toEqual([
    "generate, as in figure 9",
    "edit, as in figure 18",
    "generate, preset paper",
    ...["minDALL-E", "GLIDE (filtered)"].flatMap((method) => Array(3).fill(`the paper: ${method}`)),
    ...Array(4).fill("the paper: VQGAN-CLIP"),
  ]);
  expect(report.table.rows.at(-1)).toEqual([
    ...["the paper: VQGAN-CLIP", "RTX 2080 Ti", "", "", "", "", "229.5 ± 26.2"],
  ]);
  expect(report.table.about).toContain("minDALL-E 792, GLIDE (filtered) 19200, VQGAN-CLIP 0.");

  const html = await htmlReport(report);
  expect(html).toContain("a &#60;b&#62;");
  expect(html).toContain("<td>935.2 ± 20.4</td>");
  expect(html.match(/<img src="data:image\/webp;base64,/g)).toHaveLength(cells.length);
  expect(html).not.toMatch(/(src|href)="(?!data:)/); // complete in itself
  const png = await sharp(await pngReport(report)).metadata();
  expect(png).toMatchObject({ format: "png", width: 784 });
  expect(png.height).toBeGreaterThan(1500);
});
