/** Exported parts stand alone: plain ONNX Runtime, in Node and in Python, gets from the files what the library gets. */
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { NDArray } from "../../src/core/ndarray.js";
import { type CreateRequest, VqganClip } from "../../src/index.js";
import { parseSafetensors, writeSafetensors } from "../../src/weights/safetensors.js";
import { cli, inEmptyFolder } from "../support/cli.js";
import { fixturePath, largestError, relativeError } from "../support/fixtures.js";

const run = promisify(execFile);
const support = (name: string) => fileURLToPath(new URL(`../support/${name}`, import.meta.url));
const [vqgan, clip] = ["vqgan", "clip-quick-gelu"].map(fixturePath) as [string, string];
const models = ["--vqgan", vqgan, "--clip", clip, "--threads", "1"];
/** Plain descent at rate 1: the gradient is what the first step takes away. */
const request = {
  prompts: "a castle | fog:-0.5",
  preset: "paper",
  size: [32, 32],
  cutouts: 3,
  steps: 1,
  seed: 7,
  optimizer: "sgd",
  learningRate: 1,
  clampToCodebook: false,
} satisfies CreateRequest;
const flags = "--preset paper --size 32 --cutouts 3 --steps 1 --seed 7 --optimizer sgd --learning-rate 1".split(" ");

/** A Python that has ONNX Runtime; undefined: there is none here. */
const python = await (async () => {
  for (const name of [process.env.VQGAN_CLIP_PYTHON ?? "python3"]) {
    const has = await run(name, ["-c", "import numpy, onnxruntime"]).then(
      () => true,
      () => false,
    );
    if (has) return name;
  }
  return undefined;
})();

async function arrays(path: string): Promise<(name: string) => Promise<NDArray>> {
  const dict = parseSafetensors(await readFile(path), path);
  return (name) => dict.read(name);
}

/** What the library makes of the first step. */
async function firstStep() {
  const vq = await VqganClip.fromPretrained({ vqgan, clip, threads: 1 });
  const picture = vq.create(request);
  const before = (await picture.state()).z;
  const events = [];
  for await (const event of picture) events.push(event);
  const [event] = events;
  const after = (await picture.state()).z;
  await picture.dispose();
  if (!event) throw new Error("no step was taken");
  const { codes } = await vq.reconstruct(event.image);
  return { before, after, event, codes: codes as NDArray };
}

test("step, decoder and encoder, moved elsewhere, by onnxruntime-node and in Python", () =>
  inEmptyFolder(async (cwd) => {
    const wanted = await firstStep();
    const files = [
      "--step",
      "step.onnx",
      "--decode",
      "decode.onnx",
      "--encode",
      "encode.onnx",
      "--inputs",
      "step.safetensors",
    ];
    const made = await cli(["export", request.prompts, ...models, ...flags, "--clamp-to-codebook", "off", ...files], {
      cwd,
    });
    expect(made.stderr).toBe("");
    const said = made.stdout.toString();
    expect(said).toMatch(/^step\.onnx, step\.onnx\.data: /);
    expect(said).toMatch(/^ {2}in {2}prompts {8}float32\[2,24\] +embeddings of the prompts/m);
    expect(said).toMatch(/^ {2}out gradient {7}float32\[1,\d+,\d+,\d+\] +d\(all losses\)\/dz$/m);

    const elsewhere = join(cwd, "elsewhere");
    await mkdir(elsewhere);
    for (const name of await readdir(cwd))
      if (name !== "elsewhere") await rename(join(cwd, name), join(elsewhere, name));
    const at = (name: string) => join(elsewhere, name);
    await writeFile(at("image.safetensors"), writeSafetensors({ picture: wanted.event.image.reshape([1, 3, 32, 32]) }));
    const parts = [
      "step.onnx",
      "step.safetensors",
      "a",
      "decode.onnx",
      "step.safetensors",
      "b",
      "encode.onnx",
      "image.safetensors",
      "c",
    ];
    const env = { ...process.env, ORT_DISABLE_TELEMETRY: "1" };
    await run(process.execPath, ["--import", "tsx", support("run-onnx.ts"), ...parts.map(at)], { env });
    await agrees(await arrays(at("a")), await arrays(at("step.safetensors")), wanted);
    const { image } = wanted.event;
    expect(largestError((await (await arrays(at("b")))("image")).reshape(image.shape), image)).toBeLessThan(1e-5);
    expect(Array.from((await (await arrays(at("c")))("codes")).data, Number)).toEqual(
      Array.from(wanted.codes.data, Number),
    );

    if (python === undefined) return;
    await run(python, [support("run_onnx.py"), ...["step.onnx", "step.safetensors", "d"].map(at)]);
    await agrees(await arrays(at("d")), await arrays(at("step.safetensors")), wanted);
  }));

test.skipIf(python !== undefined)(
  "in Python: skipped, no Python with numpy and onnxruntime (VQGAN_CLIP_PYTHON)",
  () => {},
);

async function agrees(
  result: (name: string) => Promise<NDArray>,
  given: (name: string) => Promise<NDArray>,
  { before, after, event }: Awaited<ReturnType<typeof firstStep>>,
): Promise<void> {
  const gradient = await result("gradient");
  const taken = before.floats().map((value, i) => value - (after.floats()[i] as number));
  const difference = Math.hypot(...gradient.floats().map((value, i) => value - (taken[i] as number)));
  expect(difference / Math.hypot(...taken)).toBeLessThan(1e-4);
  expect(relativeError(await given("z"), before)).toBe(0);
  const losses = (await result("losses")).floats().reduce((sum, loss) => sum + loss, 0);
  const pull = (await given("latentWeight")).item() * (await result("latentLoss")).item();
  expect(losses + pull).toBeCloseTo(event.losses.total, 4);
}

test("what cannot be written is said before anything is, and nothing is left", () =>
  inEmptyFolder(async (cwd) => {
    const refused = async (...args: string[]) => (await cli(["export", ...args], { cwd })).stderr;
    expect(await refused("a castle", ...models)).toMatch(/^vqgan-clip: export: nothing to write/);
    expect(await refused("a castle", ...models, "--step", "a.pt")).toMatch(
      /^vqgan-clip: --step: a.pt must end in .onnx/,
    );
    expect(await refused("--decode", "d.onnx", "--inputs", "i.safetensors")).toMatch(/those of a step/);
    expect(await refused("--encode", "a/e.onnx", ...models)).toMatch(/there is no folder/);
    expect(await readdir(cwd)).toEqual([]);
  }));
