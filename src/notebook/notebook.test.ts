/** What notebooks are given, with the kernel's `display` played here; the kernel itself is in test/e2e/notebooks.test.ts. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { inEmptyFolder } from "../../test/support/cli.js";
import { tinyPair } from "../../test/support/tiny-pair.js";
import { type CreateRequest, NDArray, readPngText, type VqganClip } from "../index.js";
import { captionedBundle, JUPYTER_DISPLAY } from "./bundle.js";
import { Grid, LossPlot, type MimeBundle, show, writeZip } from "./index.js";

const grey = NDArray.float32([3, 8, 16], new Float32Array(384).fill(0.5));
const bundleOf = (value: object): Promise<MimeBundle> =>
  (value as Record<symbol, () => Promise<MimeBundle>>)[JUPYTER_DISPLAY]!();

interface Shown {
  readonly bundle: MimeBundle;
  readonly update: boolean;
  readonly id: string;
}

/** A kernel that keeps what it is told to display. */
function kernel(): Shown[] {
  const shown: Shown[] = [];
  const display = async (bundle: MimeBundle, options: { update: boolean; display_id: string }) => {
    shown.push({ bundle, update: options.update, id: options.display_id });
  };
  vi.stubGlobal("Deno", { jupyter: { display } });
  return shown;
}
afterEach(() => void vi.unstubAllGlobals());

let vq: VqganClip;
beforeAll(async () => {
  vq = await tinyPair();
});
const request = {
  prompts: 'a "castle" <b> | text:-0.3',
  size: [32, 32],
  cutouts: 2,
  steps: 3,
  seed: 7,
} satisfies CreateRequest;

describe("pictures, plots, captions", () => {
  test("numbers are a PNG where they are a picture, and words elsewhere", async () => {
    const bundle = await bundleOf(grey);
    expect(bundle["text/plain"]).toBe("float32 [3, 8, 16]");
    expect(Buffer.from(bundle["image/png"] as string, "base64").readUInt32BE(16)).toBe(16);
    const mask = await bundleOf(NDArray.zeros("uint8", [4, 6]));
    expect(Buffer.from(mask["image/png"] as string, "base64").readUInt32BE(16)).toBe(6);
    expect(await bundleOf(NDArray.scalar(1))).toEqual({ "text/plain": "float32 []" });
    expect(await bundleOf(NDArray.zeros("float32", [3, 0, 4]))).toEqual({ "text/plain": "float32 [3, 0, 4]" });
  });

  test("what a prompt says is no markup, and no control character", async () => {
    const bundle = await captionedBundle(grey, ['"><script>alert(1)</script>\u0007', "a & b"]);
    expect(bundle["text/html"]).not.toContain("<script");
    expect(bundle["text/html"]).toContain('alt="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\u0007"');
    expect(bundle["text/html"]).toContain("a &amp; b</figcaption>");
    expect(bundle["text/plain"]).toBe('"><script>alert(1)</script>\\u0007, a & b');
  });

  test("a plot is an SVG; without steps, words", async () => {
    const losses = { total: 2, prompts: [2], structure: 0, perceptual: 0, picture: [], rewards: [], latent: 0 };
    const plot = await bundleOf(
      new LossPlot([
        { step: 1, losses },
        { step: 2, losses: { ...losses, total: 1.5 } },
      ]),
    );
    expect(plot["text/plain"]).toBe("steps 1 to 2: loss 2.000 to 1.500");
    expect(plot["image/svg+xml"]).toMatch(/^<svg/);
    expect(await bundleOf(new LossPlot([]))).toEqual({ "text/plain": "no steps were taken" });
  });
});

test("show: one output, replaced in place by pictures that differ; the plot of its steps comes back", async () => {
  const shown = kernel();
  await using run = vq.create(request);
  expect(await bundleOf(run)).toEqual({ "text/plain": 'a "castle" <b>, text: not begun, 3 steps to take' });
  const plot = await show(run, { until: 2 });
  expect(run.status).toBe("paused");
  expect(plot.rows.map(({ step }) => step)).toEqual([1, 2]);
  expect(shown[0]?.update).toBe(false);
  expect(shown.slice(1).every(({ update }) => update)).toBe(true);
  expect(new Set(shown.map(({ id }) => id)).size).toBe(1);
  expect(new Set(shown.map(({ bundle }) => bundle["text/html"])).size).toBe(shown.length);
  expect(shown.at(-1)?.bundle).toEqual(await bundleOf(run));
  expect(shown.at(-1)?.bundle["text/plain"]).toBe('a "castle" <b>, text, step 2 of 3, seed 7, paused');
  await show(run);
  expect(shown.at(-1)?.bundle["text/plain"]).toContain("step 3 of 3");
  expect(shown.at(-1)?.id).not.toBe(shown[0]?.id);
});

test("without a notebook, and with odd options, it says so and takes no step", async () => {
  await using run = vq.create(request);
  await expect(show(run)).rejects.toMatchObject({ code: "BAD_ARGUMENT", message: /there is no notebook here/ });
  vi.stubGlobal("Deno", {
    get jupyter() {
      throw new Error("Deno.jupyter is only available in `deno jupyter` subcommand.");
    },
  });
  await expect(show(run)).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
  kernel();
  await expect(show(run, { untl: 2 } as never)).rejects.toMatchObject({ hint: "did you mean until?" });
  await expect(show(grey as never)).rejects.toMatchObject({ message: /expected a run or a Grid/ });
  expect(run.status).toBe("queued");
});

test("a signal pauses; what it showed stays, and the run goes on", async () => {
  const shown = kernel();
  await using run = vq.create(request);
  const stop = new AbortController();
  stop.abort();
  await expect(show(run, { signal: stop.signal })).rejects.toMatchObject({ code: "ABORTED" });
  expect(shown).toHaveLength(1);
  await show(run);
  expect(run.status).toBe("finished");
});

test("a grid grows cell by cell; results of all kinds go into one ZIP", () =>
  inEmptyFolder(async (folder) => {
    const shown = kernel();
    const grid = new Grid(vq, { variants: [{ ...request, steps: 1 }], seeds: [1, 2] });
    expect(await bundleOf(grid)).toEqual({ "text/plain": "0 of 2 pictures" });
    const path = join(folder, "results.zip");
    await expect(writeZip(path, { grid })).rejects.toMatchObject({ message: /not made yet/ });
    await show(grid);
    expect(shown.map(({ bundle }) => bundle["text/plain"])).toEqual(["1 of 2 pictures", "2 of 2 pictures"]);
    expect(grid.cells.map(({ seed, step }) => [seed, step])).toEqual([
      [1, 1],
      [2, 1],
    ]);

    await using run = vq.create(request);
    const plot = await show(run);
    const names = await writeZip(path, { run, grid, plot, grey, "notes.txt": "what I saw" });
    const entries = unzipSync(await readFile(path));
    expect(Object.keys(entries)).toEqual(names);
    expect(names).toEqual(
      "run.png run.vqclip grid.png grid-1-1.png grid-1-2.png plot.svg grey.png notes.txt".split(" "),
    );
    expect(JSON.stringify(readPngText(entries["grid-1-2.png"] as Uint8Array))).toContain("castle");
    expect(entries["run.vqclip"]).toEqual(await run.save());
    await expect(writeZip(path, { "../evil": "x" })).rejects.toMatchObject({ message: /is no name of a file/ });
    await expect(writeZip(path, { grey, "grey.png": "x" })).rejects.toMatchObject({ message: /two files grey.png/ });
  }));
