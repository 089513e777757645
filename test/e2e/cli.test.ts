/** The real command line in a process of its own: what it makes, that it repeats, pauses and resumes to the byte. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { readSession } from "../../src/sessions/session-file.js";
import { currentState } from "../../src/sessions/session-tree.js";
import { cli, type Finished, inEmptyFolder, listing, tinyModels } from "../support/cli.js";
import { cliPath, cliProcess } from "../support/cli-process.js";
import { fixture, fixturePath } from "../support/fixtures.js";

const small = ["--size", "40x32", "--cutouts", "3", ...tinyModels];
const generate = (...args: string[]) => cli(["generate", ...args, ...small]);

function expectOk({ code, stderr }: Finished): void {
  expect(stderr).not.toContain("vqgan-clip:");
  expect(code).toBe(0);
}

const events = ({ stdout }: Finished) =>
  stdout
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("generate", () => {
  test("writes a picture that carries its story, a session, a trace and events", () =>
    inEmptyFolder(async (folder) => {
      const [png, session, trace] = ["a.png", "a.vqclip", "a.ndjson"].map((name) => join(folder, name));
      const files = ["-o", png as string, "--save-state", session as string, "--trace", trace as string];
      const run = await generate("a castle | fog:0.5", "text:-0.3", "--steps", "3", "--seed", "7", "--json", ...files);
      expectOk(run);
      expect(await listing(folder)).toEqual(["a.ndjson", "a.png", "a.vqclip"]);

      expect(events(run).map(({ type }) => type)).toEqual(["start", "step", "step", "step", "done"]);
      const traced = (await readFile(trace as string, "utf8"))
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(traced).toEqual(
        events(run)
          .slice(1, 4)
          .map(({ step, losses }) => ({ step, ...(losses as object) })),
      );
      for (const { total, prompts, latent } of traced) {
        expect(prompts).toHaveLength(3);
        expect(total).toBeCloseTo(
          prompts.reduce((a: number, b: number) => a + b, latent),
          12,
        );
      }

      const [table, plot] = [join(folder, "a.csv"), join(folder, "a.svg")];
      const steps = ["--steps", "3", "--seed", "7", "--schedule", "linear,final=0", "--learning-rate", "0.3"];
      const again = await generate("a castle | fog:0.5", "text:-0.3", ...steps, "-o", join(folder, "b.png"), "--trace", table, "--plot", plot); // biome-ignore format: one command
      expectOk(again);
      const [head, ...rows] = (await readFile(table, "utf8")).trimEnd().split("\n");
      expect(head).toBe("step,seconds,learning_rate,total,prompt_1,prompt_2,prompt_3,structure,perceptual,latent");
      const numbers = rows.map((row) => row.split(",").map(Number));
      expect(numbers.map(([step]) => step)).toEqual([1, 2, 3]);
      for (const [i, rate] of [0.3, 0.2, 0.1].entries()) expect(numbers[i]?.[2]).toBeCloseTo(rate, 12);
      expect(numbers[0]?.slice(3, 7)).toEqual([traced[0].total, ...traced[0].prompts]);
      expect(numbers.map(([, seconds]) => seconds)).toEqual(numbers.map(([, s]) => s as number).sort((a, b) => a - b));
      const svg = await sharp(plot).metadata(); // drawn by a library that knows nothing of us
      expect([svg.format, svg.width, svg.height]).toEqual(["svg", 800, 480]);
      expect((await readFile(plot, "utf8")).match(/<polyline/g)).toHaveLength(5); // total, three prompts, latent

      // libpng, which knows nothing of us, reads the same text.
      const { width, height, comments = [], xmp } = await sharp(png).metadata();
      expect([width, height]).toEqual([40, 32]);
      const texts = Object.fromEntries(comments.map(({ keyword, text }) => [keyword, text]));
      expect(texts.parameters).toBe(
        "a castle, (fog:0.5)\nNegative prompt: (text:0.3)\n" +
          `Steps: 3, Sampler: adam, Seed: 7, Size: 40x32, Model: vqgan, Model hash: ${"d7106687fb"}, Version: vqgan-clip`,
      );
      const ours = JSON.parse(texts["vqgan-clip"] as string);
      expect(ours).toMatchObject({ version: 3, step: 3, device: "cpu", settings: { seed: 7, steps: 3, cutouts: 3 } });
      expect(xmp?.toString()).toContain("digitalsourcetype/trainedAlgorithmicMedia");

      const shown = await cli(["inspect", png as string, "--json"]);
      expectOk(shown);
      const { random: _, version: __, ...story } = ours;
      expect(JSON.parse(shown.stdout.toString())).toMatchObject({ kind: "picture", width: 40, story });
      const state = currentState((await readSession(await readFile(session as string))).tree);
      const stands = JSON.parse((await cli(["inspect", session as string, "--json"])).stdout.toString());
      expect(stands).toMatchObject({ kind: "session", step: 3, settings: state.settings, latent: state.z.shape });
      expect((await cli(["inspect", png as string])).stdout.toString()).toContain("story.settings.seed: 7\n");
    }));

  test("same seed, same bytes, whatever the threads; another seed, others; --like, the same again", () =>
    inEmptyFolder(async (folder) => {
      const path = (name: string) => join(folder, name);
      const make = async (name: string, ...args: string[]) => {
        expectOk(await generate("a castle", "--steps", "4", "-o", path(name), ...args));
        return readFile(path(name));
      };
      const first = await make("1.png", "-sd", "5");
      expect(await make("2.png", "-sd", "5")).toEqual(first);
      expect(await make("3.png", "--seed=5", "--threads", "2")).toEqual(first);
      expect(await make("4.png", "--seed", "6")).not.toEqual(first);

      const like = await cli(["generate", "--like", path("1.png"), "-o", path("5.png"), ...tinyModels]);
      expectOk(like);
      expect(await readFile(path("5.png"))).toEqual(first);
      expectOk(await cli(["generate", "--like", path("1.png"), "--seed", "6", "-o", path("6.png"), ...tinyModels]));
      expect(await readFile(path("6.png"))).toEqual(await readFile(path("4.png")));
    }));

  test("stopped after 2 of 6 steps and resumed, it gives the bytes of a run that never stopped", () =>
    inEmptyFolder(async (folder) => {
      const path = (name: string) => join(folder, name);
      const picture = ["--init-image", path("start.png")];
      await sharp({ create: { width: 40, height: 32, channels: 3, background: "teal" } })
        .png()
        .toFile(path("start.png"));
      const common = ["a castle | fog:-0.5", "--seed", "3", "--regularizer", "weight=0.5,target=init", ...picture];
      expectOk(
        await generate(...common, "--steps", "6", "-o", path("whole.png"), "--save-state", path("whole.vqclip")),
      );
      expectOk(await generate(...common, "--steps", "2", "-o", path("part.png"), "--save-state", path("part.vqclip")));
      const resumed = await cli([
        "resume",
        path("part.vqclip"),
        "-i",
        "6",
        "--save-state",
        path("end.vqclip"),
        "-o",
        path("part.png"),
        "--json",
        ...tinyModels,
      ]);
      expectOk(resumed);
      expect(
        events(resumed)
          .filter(({ type }) => type === "step")
          .map(({ step }) => step),
      ).toEqual([3, 4, 5, 6]);
      expect(await readFile(path("part.png"))).toEqual(await readFile(path("whole.png")));
      expect(await readFile(path("end.vqclip"))).toEqual(await readFile(path("whole.vqclip")));
      const { xmp } = await sharp(path("whole.png")).metadata();
      expect(xmp?.toString()).toContain("compositeWithTrainedAlgorithmicMedia");
    }));

  test("a diffusion model's folder in the VQGAN's place, told a text of its own: made, made again, and gone on with", () =>
    inEmptyFolder(async (folder) => {
      const path = (name: string) => join(folder, name);
      const models = ["--generator", fixturePath("diffusion-sdxs"), "--clip", fixturePath("clip-quick-gelu")];
      const own = ["--generator-prompt", "a ruin in fog", "--preset", "reno", "--candidates", "2", "--size", "32"];
      const files = ["-o", path("a.png"), "--save-state", path("a.vqclip")];
      const rest = ["--steps", "3", "--seed", "4", "--json", ...files, ...models];
      const made = await cli(["generate", "a castle", ...own, ...rest]);
      expectOk(made);
      const steps = events(made).filter(({ type }) => type === "step") as { losses: { prompts: number[] } }[];
      const best = steps.map(({ losses }) => losses.prompts[0] as number);
      const story = JSON.parse((await cli(["inspect", path("a.png"), "--json"])).stdout.toString()).story;
      expect(story.settings).toMatchObject({ generatorPrompt: "a ruin in fog", candidates: 2, keepBest: true });
      expect(story).toMatchObject({ step: best.indexOf(Math.min(...best)), judged: { after: 3 } });

      expectOk(await cli(["generate", "--like", path("a.png"), "-o", path("b.png"), ...models]));
      expect(await readFile(path("b.png"))).toEqual(await readFile(path("a.png")));
      const resumed = await cli(["resume", path("a.vqclip"), "-i", "4", "-o", path("c.png"), "--json", ...models]);
      expectOk(resumed);
      expect(events(resumed).flatMap(({ type, step }) => (type === "step" ? [step] : []))).toEqual([4]);
    }));

  test("Ctrl-C pauses after the step, saves, and prints the command that goes on to the same bytes", () =>
    inEmptyFolder(async (folder) => {
      const path = (name: string) => join(folder, name);
      const args = [
        "generate",
        "a castle",
        "--seed",
        "3",
        "--steps",
        "100000",
        "-o",
        path("a b.png"),
        "--json",
        ...small,
      ];
      let asked = false;
      const paused = await cliProcess(args, {
        onLine: (line, kill) => {
          if (asked || JSON.parse(line).step !== 2) return;
          asked = true;
          kill("SIGINT");
        },
      });
      expect(paused.code).toBe(130);
      expect(await listing(folder)).toEqual(["a b.png", "a b.vqclip"]);
      const { step } = events(paused).at(-1) as { step: number };
      expect(paused.stderr).toContain(`paused at step ${step} of 100000`);
      const state = currentState((await readSession(await readFile(path("a b.vqclip")))).tree);
      expect(state.step).toBe(step);

      const command = /go on: vqgan-clip (.*)/.exec(paused.stderr)?.[1] as string;
      expect(command).toContain(`resume '${path("a b.vqclip")}' -o '${path("a b.png")}'`);
      const end = String(step + 2);
      const shell = spawnSync("sh", ["-c", `"$0" "$1" ${command} --steps ${end}`, process.execPath, cliPath]);
      expect(shell.status).toBe(0);
      expectOk(await generate("a castle", "--seed", "3", "--steps", end, "-o", path("whole.png")));
      expect(await readFile(path("a b.png"))).toEqual(await readFile(path("whole.png")));
    }));

  test("the second Ctrl-C quits without saving", () =>
    inEmptyFolder(async (folder) => {
      const args = ["generate", "a castle", "--steps", "100000", "--json", "-o", join(folder, "a.png"), ...tinyModels];
      let asked = false;
      const { code } = await cliProcess([...args, "--size", "64", "--cutouts", "32"], {
        onLine: (line, kill) => {
          if (asked || JSON.parse(line).type !== "step") return;
          asked = true;
          kill("SIGINT");
          setTimeout(() => kill("SIGINT"), 20); // well within the step
        },
      });
      expect(code).toBe(130);
      expect(await listing(folder)).toEqual([]);
    }));

  test("-o - writes the picture to stdout and nothing else; --quiet says nothing", () =>
    inEmptyFolder(async (folder) => {
      const file = join(folder, "a.png");
      const args = ["a castle", "--steps", "1", "--seed", "1", "--quiet"];
      const toFile = await generate(...args, "-o", file);
      expectOk(toFile);
      expect([toFile.stdout.toString(), toFile.stderr]).toEqual(["", ""]);
      const toStdout = await generate(...args, "-o", "-");
      expect(toStdout.stdout).toEqual(await readFile(file));
      const json = await generate(...args, "-o", file, "--json");
      expect(events(json)).toHaveLength(3);
    }));

  test("--metadata public keeps the mark only, none keeps nothing", () =>
    inEmptyFolder(async (folder) => {
      const file = join(folder, "a.png");
      expectOk(await generate("my secret", "--steps", "1", "-o", file, "--metadata", "public"));
      expect((await readFile(file)).includes("secret")).toBe(false);
      expect((await sharp(file).metadata()).xmp?.toString()).toContain("trainedAlgorithmicMedia");
      expectOk(await generate("my secret", "--steps", "1", "-o", file, "--metadata", "none"));
      const { comments, xmp } = await sharp(file).metadata();
      expect([comments, xmp]).toEqual([undefined, undefined]);
    }));

  test("popular short flags, a preset, a list of augmentations and given codes", () =>
    inEmptyFolder(async (folder) => {
      const codes = join(folder, "codes.json");
      await writeFile(codes, JSON.stringify(Array.from({ length: 16 * 20 }, (_, i) => i % 64)));
      const flags =
        "-p a|b -i 2 -s 40 32 -lr 0.2 -cuts 2 -cutm whole -cutp 1 -aug hflip,noise:0.2 -opt adamw -sd 9 -iw 0.3";
      const args = ["generate", ...flags.split(" "), "--preset", "nerdyrodent", "--init-codes", codes];
      const run = await cli([...args, "--json", "-o", join(folder, "a.png"), ...tinyModels]);
      expectOk(run);
      expect(events(run)[0]).toMatchObject({
        beganFrom: "codes",
        settings: {
          prompts: "a|b",
          steps: 2,
          size: [40, 32],
          learningRate: 0.2,
          cutouts: 2,
          cutMethod: "whole",
          augmentations: [
            { kind: "hflip", p: 0.5 },
            { kind: "noise", level: 0.2 },
          ],
          optimizer: "adamw",
          seed: 9,
          start: "codes",
          padding: "zeros",
          regularizer: { weight: 0.3, target: "init", decay: 0 },
        },
      });
    }));

  test("without -o the file is named after the prompt and the seed; a cut prompt is shown", () =>
    inEmptyFolder(async (folder) => {
      const long = Array.from({ length: 90 }, () => "in").join(" ");
      const run = await cli(["generate", `Crème, brûlée ${long}`, "--steps", "1", "--seed", "4", ...small], {
        cwd: folder,
      });
      expectOk(run);
      expect(await listing(folder)).toEqual(["crème-brûlée-in-in-in-in-in-in-in-in-in-4.png"]);
      expect(run.stderr).toMatch(/longer than the text encoder reads; read: "Crème, brûlée in.*", cut: "in in/);
    }));

  test.skipIf(spawnSync("script", ["--version"]).status !== 0)("on a terminal there is a bar and no JSON", () =>
    inEmptyFolder(async (folder) => {
      const command = [
        process.execPath,
        cliPath,
        "generate",
        "castle",
        "--steps",
        "3",
        "-o",
        join(folder, "a.png"),
        ...small,
      ];
      const { stdout } = spawnSync("script", ["-qec", command.join(" "), "/dev/null"], { encoding: "utf8" });
      expect(stdout).toMatch(/3\/3 {2}[\d.]+ (it\/s|s\/it) {2}eta 0:00 {2}loss/);
      expect(stdout).not.toContain('"type"');
      expect(stdout).toContain("\x1b[36m");
      const plain = spawnSync("script", ["-qec", command.join(" "), "/dev/null"], {
        encoding: "utf8",
        env: { ...process.env, NO_COLOR: "1" },
      });
      expect(plain.stdout).not.toContain("\x1b[36m");
    }),
  );
});

describe("grid", () => {
  test("every step says which picture it belongs to and how many steps that has", () =>
    inEmptyFolder(async (cwd) => {
      const axis = ["--axis", "steps:1,2", "--seeds", "4,6", "-o", "sheet.png"];
      const run = await cli(["grid", "a castle", "--json", ...axis, ...small], { cwd });
      expectOk(run);
      const told = events(run).filter(({ type }) => type !== "done");
      expect(told.map(({ type, seed, steps, step }) => [type, seed, steps, step])).toEqual([
        ["step", 4, 1, 1],
        ["picture", 4, "1", 1],
        ["step", 6, 1, 1],
        ["picture", 6, "1", 1],
        ["step", 4, 2, 1],
        ["step", 4, 2, 2],
        ["picture", 4, "2", 2],
        ["step", 6, 2, 1],
        ["step", 6, 2, 2],
        ["picture", 6, "2", 2],
      ]);
      expect(await listing(cwd)).toEqual(["sheet.png"]);
    }));
});

describe("other commands", () => {
  test("embed gives the unit vectors that transformers gives", async () => {
    const texts = JSON.parse(await readFile(fixturePath("clip-quick-gelu/expected-ids.json"), "utf8")).texts;
    const reference = await fixture("clip-quick-gelu/expected.safetensors");
    const row = 1;
    const { text } = texts[reference("text.which").at(row)];
    const run = await cli(["embed", "--text", text, "--json", ...tinyModels]);
    expectOk(run);
    const { embedding, models } = JSON.parse(run.stdout.toString());
    const expected = Array.from({ length: 24 }, (_, i) => reference("text.embeddings").at(row * 24 + i));
    const length = Math.hypot(...expected);
    expected.forEach((value, i) => {
      expect(embedding[i]).toBeCloseTo(value / length, 5);
    });
    expect(Math.hypot(...embedding)).toBeCloseTo(1, 6);
    expect(models).toMatchObject([{ role: "perceptor", name: "clip-quick-gelu" }]);
  });

  test("score ranks prompts, reconstruct keeps any size, both agree with embed", () =>
    inEmptyFolder(async (folder) => {
      const path = (name: string) => join(folder, name);
      const pixels = Buffer.from(Array.from({ length: 3 * 33 * 47 }, (_, i) => (i * 37) % 256));
      await sharp(pixels, { raw: { width: 33, height: 47, channels: 3 } })
        .png()
        .toFile(path("in.png"));

      const scored = await cli(["score", path("in.png"), "a castle", "fog", "--json", ...tinyModels]);
      expectOk(scored);
      const { scores } = JSON.parse(scored.stdout.toString());
      expect(scores[0].cosine).toBeGreaterThan(scores[1].cosine);
      const seen = JSON.parse(
        (await cli(["embed", "--image", path("in.png"), "--json", ...tinyModels])).stdout.toString(),
      );
      const said = JSON.parse(
        (await cli(["embed", "--text", scores[0].prompt, "--json", ...tinyModels])).stdout.toString(),
      );
      const cosine = seen.embedding.reduce((sum: number, x: number, i: number) => sum + x * said.embedding[i], 0);
      expect(scores[0].cosine).toBeCloseTo(cosine, 6);
      expect(scores[0].distance).toBeCloseTo(2 * Math.asin(Math.sqrt((1 - cosine) / 2)) ** 2, 5);

      const codes = ["--codes", path("codes.json")];
      const made = await cli(["reconstruct", path("in.png"), path("out.png"), "--json", ...codes, ...tinyModels]);
      expectOk(made);
      expect(JSON.parse(made.stdout.toString())).toMatchObject({
        width: 33,
        height: 47,
        rows: 24,
        columns: 17,
        codes: 64,
      });
      expect(await sharp(path("out.png")).metadata()).toMatchObject({ width: 33, height: 47 });
      expect(JSON.parse(await readFile(path("codes.json"), "utf8"))).toHaveLength(24 * 17);
      const smaller = await cli(["reconstruct", path("in.png"), path("out.png"), "--max-side", "24", ...tinyModels]);
      expect(smaller.stdout.toString()).toMatch(/33x47, scaled to 17x24 in between, PSNR [\d.]+ dB, \d+ of 64 codes/);
    }));

  test("models ls and inspect list a pair's models", () =>
    inEmptyFolder(async () => {
      const folders = [fixturePath("vqgan"), fixturePath("clip-quick-gelu")];
      const run = await cli(["models", "ls", "--json", ...folders]);
      expectOk(run);
      const models = JSON.parse(run.stdout.toString());
      expect(models.slice(0, 2)).toMatchObject([
        { name: "compact/vqgan", licence: "MIT" },
        { name: "compact/clip", licence: "MIT" },
      ]);
      expect(models.slice(-2)).toMatchObject([
        { name: "vqgan", kind: "VQGAN", facts: { factor: 2, codes: 64, encodes: true } },
        { name: "clip-quick-gelu", kind: "CLIP", facts: { inputSize: 32, embeddingSize: 24 } },
      ]);
      const table = await cli(["models", "ls", ...folders]);
      expect(table.stdout.toString()).toMatch(/^name +kind +parameters +size +licence\n/);
      const shown = await cli(["inspect", fixturePath("vqgan"), "--json"]);
      expect(JSON.parse(shown.stdout.toString()).models).toEqual(models.slice(-2, -1));
    }));

  test("doctor makes a session on each device and says why others do not run", async () => {
    const run = await cliProcess(["doctor", "--json"]); // which starts processes of itself
    expectOk(run);
    const { devices, versions } = JSON.parse(run.stdout.toString());
    expect(devices.map(({ device }: { device: string }) => device)).toEqual(["cpu", "webgpu", "cuda"]);
    expect(devices[0].speed.convolution).toBeGreaterThan(1);
    for (const { speed, reason, repair } of devices) expect(speed ?? (reason && repair)).toBeTruthy();
    expect(versions.onnxruntime).toMatch(/^\d+\.\d+/);
  });

  test("version and -v are --version, and draw nothing", async () => {
    const said = await Promise.all(["--version", "version", "-v"].map((word) => cli([word])));
    expect(new Set(said.map(({ code, stdout }) => `${code} ${stdout}`)).size).toBe(1);
    expect(said[0]?.stdout.toString()).toMatch(/^\d+\.\d+\.\d+/);
  });

  test("every option of every command says its default and the exit codes are listed", async () => {
    expect((await cli(["--help"])).stdout.toString()).toMatch(/Exit codes:\n +0 [\s\S]*130/);
    for (const command of [
      "generate",
      "edit",
      "resume",
      "embed",
      "score",
      "reconstruct",
      "doctor",
      "studio",
      "serve",
      "key",
    ]) {
      const { stdout, code } = await cli([command, "--help"]);
      expect(code).toBe(0);
      const text = stdout.toString().split("Options:\n")[1] as string;
      const options = text.split(/\n(?= {2}-)/).map((option) => option.replace(/\s+/g, " ").trim());
      expect(options.length).toBeGreaterThan(1);
      const silent = options.filter((option) => !/default|^-h|--like|--init-weight/.test(option));
      expect(silent).toEqual([]);
    }
  });

  test.skipIf(!existsSync(fixturePath("../../models/compact/clip/tokenizer.json")))(
    "words the bundled text encoder does not know are named with near ones",
    async () => {
      const run = await cli(["embed", "--text", "a red aple"]);
      expectOk(run);
      expect(run.stderr).toMatch(/does not know "aple" \(known: .*apple/);
    },
  );

  test("a session is refused with other weights", () =>
    inEmptyFolder(async (folder) => {
      const session = join(folder, "a.vqclip");
      expectOk(await generate("a castle", "--steps", "1", "-o", join(folder, "a.png"), "--save-state", session));
      const before = await listing(folder);
      await copyFile(fixturePath("vqgan/model.ckpt"), join(folder, "model.ckpt"));
      await copyFile(fixturePath("vqgan/config.yaml"), join(folder, "model.yaml"));
      const other = ["--vqgan", join(folder, "model.ckpt"), "--clip", fixturePath("clip-quick-gelu")];
      const run = await cli(["resume", session, "-i", "2", "-o", join(folder, "b.png"), ...other]);
      expect(run.code).toBe(2);
      expect(run.stderr).toMatch(
        /^vqgan-clip: a\.vqclip was made with generator vqgan \(d7106687fb\), loaded is .*\n$/,
      );
      expect(await listing(folder)).toEqual([...before, "model.ckpt", "model.yaml"].sort());
    }));
});
