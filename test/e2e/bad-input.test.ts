/** Whatever is wrong with what was given: one clear line, an exit code other than 0, and nothing left behind. */
import { spawnSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cli, inEmptyFolder, listing, tinyModels } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";

/** Inputs that are wrong in some way, for all tests; `@name` in arguments means one of them. */
let inputs: string;
let inputNames: string[];

beforeAll(async () => {
  inputs = await mkdtemp(join(tmpdir(), "vqgan-clip-inputs-"));
  const path = (name: string) => join(inputs, name);
  const model = await readFile(fixturePath("vqgan/model.safetensors"));
  const checkpoint = await readFile(fixturePath("vqgan/model.ckpt"));
  const withYaml = async (name: string, bytes: Uint8Array) => {
    await mkdir(path(name));
    await copyFile(fixturePath("vqgan/config.yaml"), join(path(name), "config.yaml"));
    await writeFile(join(path(name), name.endsWith("-st") ? "model.safetensors" : "model.ckpt"), bytes);
  };
  const edited = (from: RegExp, to: string) => {
    const length = Number(model.readBigUInt64LE());
    const header = model.subarray(8, 8 + length).toString();
    const changed = header.replace(from, to);
    expect(changed).not.toBe(header);
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(BigInt(Buffer.byteLength(changed)));
    return Buffer.concat([prefix, Buffer.from(changed), model.subarray(8 + length)]);
  };
  await withYaml("hostile", await readFile(fixturePath("checkpoints/hostile-os-system.ckpt")));
  await withYaml("bomb", await readFile(fixturePath("checkpoints/hostile-zip-bomb.ckpt")));
  await withYaml("truncated", checkpoint.subarray(0, checkpoint.length / 2));
  await withYaml("lying-st", edited(/"data_offsets":\[0,(\d+)\]/, '"data_offsets":[0,99999999999]'));
  await withYaml("overlap-st", edited(/"data_offsets":\[(?!0,)\d+,(\d+)\]/, '"data_offsets":[0,$1]'));
  await withYaml("short-st", model.subarray(0, model.length - 1000));
  await mkdir(path("empty"));
  await writeFile(path("text.png"), "this is no picture");
  await writeFile(path("empty.txt"), "# nothing but a remark\n\n");
  await writeFile(path("words.json"), '{"codes": "many"}');
  await writeFile(path("empty.mp4"), "");
  await writeFile(path("few.json"), "[1, 2, 3]");
  await writeFile(path("large.json"), JSON.stringify(new Array(320).fill(64)));
  await writeFile(path("session.vqclip"), "PK\u0003\u0004 but no more");
  const plain = sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } });
  const png = await plain.png().toBuffer();
  await writeFile(path("plain.png"), png);
  const black = (side: number) => sharp({ create: { width: side, height: side, channels: 3, background: "black" } });
  await black(4).png().toFile(path("mask.png"));
  await black(8).png().toFile(path("black.png"));
  await writeFile(path("cut.png"), png.subarray(0, png.length - 30));
  const huge = { width: 10_001, height: 10_000, channels: 3 as const, background: "red" };
  await sharp({ create: huge }).png({ compressionLevel: 1 }).toFile(path("huge.png"));
  inputNames = await listing(inputs);
});

afterAll(() => rm(inputs, { recursive: true, force: true }));

const small = ["--size", "40x32", "--cutouts", "2", "--steps", "1", "-o", "out.png"];
const clip = fixturePath("clip-quick-gelu");

/** Arguments (split at spaces, `_` for a space inside one), exit code, and what the line must say. */
const cases: readonly (readonly [name: string, args: string, code: number, line: RegExp])[] = [
  ["no prompt", "generate", 2, /prompt: none was given \(write what to see/],
  ["an empty prompt", "generate _", 2, /prompt: the text is empty \(write/],
  ["an empty part", "generate castle||fog", 2, /the text is empty in "castle\|\|fog"/],
  ["a weight that is no number", "generate castle:0.5x", 2, /weight "0.5x" of "castle" is no number/],
  ["a weight of zero", "generate castle:0", 2, /weight 0 of "castle" must be finite and not zero/],
  ["a size off the factor", "generate castle --size 41x32", 2, /size: 41x32 is not a multiple of .* 2 \(try 42x32\)/],
  ["a size beyond reason", "generate castle --size 99999x32", 2, /--size .*'99999x32' is invalid.*from 16 to 4096/],
  ["a size that is none", "generate castle --size big", 2, /'big' is invalid. expected WxH/],
  [
    "steps below 0",
    "generate castle --steps=-1",
    2,
    /--steps .*'-1' is invalid. expected a whole number from 0 to 1000000/,
  ],
  ["half a step", "generate castle --steps 1.5", 2, /expected a whole number/],
  [
    "a negative seed",
    "generate castle --seed=-4",
    2,
    /--seed .*expected a whole number from 0 to 18446744073709551615/,
  ],
  ["a seed that is no number", "generate castle --seed NaN", 2, /'NaN' is invalid. expected a whole number from 0 to/],
  ["a seed beyond 64 bits", "generate castle --seed 18446744073709551616", 2, /expected a whole number from 0 to/],
  ["events and a picture on stdout", "generate castle --json -o -", 2, /--json: stdout carries the picture/],
  ["many pictures on stdout", "generate castle -n 2 -o -", 2, /-o: stdout takes one picture/],
  ["a prompts file that is missing", "generate --prompts-file @none", 2, /cannot read .*none: no such file/],
  ["a prompts file without prompts", "generate --prompts-file @empty.txt", 2, /empty.txt holds no prompts/],
  ["an unknown optimiser", "generate castle --optimizer adm", 2, /expected adam\|adamw/],
  [
    "an unknown preset",
    "generate castle --preset papr",
    2,
    /Allowed choices are paper, notebook, codebook-sampling, mse, ema, nerdyrodent/,
  ],
  ["an unknown augmentation", "generate castle --augment blur", 2, /"blur" is no augmentation; write none/],
  ["an unknown device", "generate castle --device tpu", 2, /Allowed choices are cpu, webgpu, cuda, auto/],
  ["an unknown flag", "generate castle --stepz 3", 2, /unknown option '--stepz' \(did you mean --steps\?\)/],
  [
    "an unknown command",
    "genrate castle",
    2,
    /unknown command 'genrate' \(did you mean generate\? prompts come after generate\)/,
  ],
  ["a flag without its value", "generate castle --steps", 2, /argument missing/],
  ["a picture that is text", "generate castle --init-image @text.png", 2, /text.png is no picture.*\(PNG, JPEG/],
  ["a picture cut short", "generate castle --init-image @cut.png", 2, /cut.png is no picture, or damaged/],
  [
    "a picture of 100 megapixels",
    "generate castle --init-image @huge.png",
    2,
    /10001x10000 pixels, the limit is 50000000/,
  ],
  ["a picture that is missing", "generate castle --init-image @none.png", 2, /cannot read .*none.png: no such file/],
  ["codes that are none", "generate castle --init-codes @words.json", 2, /words.json is no list of whole numbers/],
  ["too few codes", "generate castle --init-codes @few.json", 2, /16x20 latent positions need 320 codes, got 3/],
  [
    "codes beyond the book",
    "generate castle --init-codes @large.json",
    2,
    /64 at position 0 is not a code from 0 to 63/,
  ],
  [
    "a picture and codes",
    "generate castle --init-image @plain.png --init-codes @few.json",
    2,
    /initImage or at initCodes/,
  ],
  ["a picture without a story", "generate --like @plain.png", 2, /plain.png carries no vqgan-clip metadata/],
  ["an output folder that is missing", "generate castle -o no/out.png", 1, /there is no folder no \(make it first\)/],
  ["an output that is a folder", "generate castle -o @empty", 2, /must end in .png/],
  ["an output that is no PNG", "generate castle -o out.jpg", 2, /-o: out.jpg must end in .png/],
  ["an output that cannot be written", "generate castle -o /proc/out.png", 1, /cannot write \/proc\/out.png/],
  [
    "one file for two outputs",
    "edit @plain.png castle -o out.png --save-mask out.png",
    2,
    /--save-mask: out.png is what -o/,
  ],
  [
    "a trace in a picture's place",
    "generate castle --trace other.png",
    2,
    /--trace: other.png must end in .ndjson or .jsonl or .csv/,
  ],
  ["help for no command", "help nonsense", 2, /unknown command 'nonsense'/],
  ["a help that is misspelt", "generate castle --helpp", 2, /did you mean --help/],
  ["a video to style that is missing", "style @none.mp4 castle", 2, /cannot read .*none.mp4: no such file/],
  ["a video to style that is empty", "style @empty.mp4 castle", 2, /empty.mp4: (ffmpeg|a video file needs ffmpeg)/],
  ["a model folder that is missing", "generate castle --vqgan @none", 2, /none: no such file or folder/],
  ["a model folder without a model", "generate castle --vqgan @empty", 2, /holds no checkpoint/],
  [
    "a pair beside both its parts",
    "generate castle --model @empty",
    2,
    /model: with generator and clip there is nothing/,
  ],
  [
    "a video without steps",
    `video castle -i 0 ${tinyModels.join(" ")}`,
    2,
    /steps: the first frame needs at least 1, got 0/,
  ],
  [
    "a VQGAN as CLIP",
    `generate castle --clip ${fixturePath("vqgan")}`,
    2,
    /config.json: no such file; a CLIP model needs it/,
  ],
  ["a CLIP as VQGAN", `generate castle --vqgan ${clip}`, 2, /holds no yaml/],
  ["a hostile checkpoint", "generate castle --vqgan @hostile", 2, /system/],
  ["a checkpoint that swells", "generate castle --vqgan @bomb", 2, /bomb/],
  ["a truncated checkpoint", "generate castle --vqgan @truncated", 2, /truncated.model.ckpt/],
  ["lying offsets", "generate castle --vqgan @lying-st", 2, /ends at byte \d+, the file at \d+/],
  ["overlapping offsets", "generate castle --vqgan @overlap-st", 2, /needs \d+ bytes, data_offsets give|inside/],
  [
    "truncated weights",
    "generate castle --vqgan @short-st",
    2,
    /ends at byte \d+, the file at \d+ \(the file is cut short/,
  ],
  ["no picture to edit", "edit", 2, /missing required argument 'picture'/],
  ["an edit without a prompt", "edit @plain.png", 2, /prompt: none was given/],
  ["an edit of text", "edit @text.png castle", 2, /text.png is no picture/],
  ["an edit of nothing", "edit @none.png castle", 2, /cannot read .*none.png: no such file/],
  [
    "a strength beyond 1",
    "edit @plain.png castle --strength 1.5",
    2,
    /'1.5' is invalid. expected a number from 0 to 1/,
  ],
  ["a rectangle that is none", "edit @plain.png castle --rect 1,2", 2, /expected x,y,width,height in pixels/],
  ["a rectangle outside", "edit @plain.png castle --rect 6,0,4,4", 2, /6,0,4,4 is no part of a 8x8 picture/],
  ["a mask and a rectangle", "edit @plain.png castle --rect 0,0,4,4 --mask @plain.png", 2, /cannot be used with/],
  ["a mask that is text", "edit @plain.png castle --mask @text.png", 2, /text.png is no picture/],
  ["a mask of another size", "edit @plain.png castle --mask @mask.png", 2, /mask: it has 4x4 pixels, the picture 8x8/],
  ["a mask that holds all", "edit @plain.png castle --mask @black.png", 2, /mask: nothing in it may change \(white/],
  ["an empty phrase to find", "edit @plain.png castle --from _", 2, /the phrase is empty/],
  ["a session that is none", "resume @session.vqclip", 2, /not a readable .vqclip/],
  ["a session that is missing", "resume @none.vqclip", 2, /cannot read .*no such file/],
  ["nothing to embed", "embed", 2, /needs either --text or --image/],
  ["an empty text to embed", "embed --text _", 2, /the text is empty/],
  ["a picture to score that is text", "score @text.png castle", 2, /text.png is no picture/],
  ["a picture to reconstruct that is huge", "reconstruct @huge.png out.png", 2, /the limit is 50000000/],
  ["a folder without anything to inspect", "inspect @empty", 2, /empty: no model is in there/],
  ["a file without anything to inspect", "inspect @few.json", 2, /neither a PNG, a .vqclip session nor a sound/],
];

describe("bad input", () => {
  test.each(cases)("%s", (_, text, code, line) =>
    inEmptyFolder(async (folder) => {
      const args = text.split(" ").map((arg) => arg.replace(/^@/, `${inputs}/`).replaceAll("_", " "));
      const [command = ""] = args;
      const models = ["generate", "edit", "resume", "embed", "score", "reconstruct"].includes(command)
        ? tinyModels
        : [];
      // What a case names comes last, so that it wins.
      const given = command === "generate" ? [command, ...models, ...small, ...args.slice(1)] : [...args, ...models];
      const run = await cli(given, { cwd: folder });
      expect(run.stderr).toMatch(line);
      expect(run.stderr).toMatch(/^vqgan-clip: [^\n]+\n$/);
      expect(run.code).toBe(code);
      expect(run.stdout.toString()).toBe("");
      expect(await listing(folder)).toEqual([]);
    }),
  );

  test("inputs are as they were", async () => {
    expect(await listing(inputs)).toEqual(inputNames);
  });

  const disk = join(tmpdir(), `vqgan-clip-disk-${process.pid}`);
  const canMount = spawnSync("sh", ["-c", `mkdir -p ${disk} && mount -t tmpfs -o size=64k tmpfs ${disk}`]).status === 0;
  afterAll(() => spawnSync("sh", ["-c", `umount ${disk}; rmdir ${disk}`]));

  test.skipIf(!canMount)("a full disk: said so, and no part of the picture stays", async () => {
    await writeFile(join(disk, "filler"), Buffer.alloc(60 * 1024));
    const run = await cli(["generate", "castle", ...tinyModels, ...small, "-o", join(disk, "out.png")]);
    expect(run.stderr).toMatch(/^vqgan-clip: cannot write .*out.png: the disk is full \(free some space/m);
    expect(run.code).toBe(1);
    expect(await readdir(disk)).toEqual(["filler"]);
  });
});
