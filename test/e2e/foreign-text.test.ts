/** Text that others wrote, out of pictures, checkpoints and file names: shown on a terminal, never obeyed. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encodePng, NDArray } from "../../src/index.js";
import { cli, type Finished, inEmptyFolder } from "../support/cli.js";

const hostile = "\u001b[31m\u009b2J\u202e";
const shown = "\\u001b[31m\\u009b2J\\u202e";

function expectShown({ stdout, stderr }: Finished): void {
  const said = stdout.toString() + stderr;
  expect(said).toContain(shown);
  expect(said.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
}

test("a picture's text, as lines and as JSON", () =>
  inEmptyFolder(async (cwd) => {
    await writeFile(join(cwd, "a.png"), encodePng(NDArray.zeros("float32", [3, 8, 8]), { Comment: hostile }));
    const lines = await cli(["inspect", "a.png"], { cwd });
    expectShown(lines);
    const json = await cli(["inspect", "a.png", "--json"], { cwd });
    expectShown(json);
    expect(JSON.parse(json.stdout.toString()).text.Comment).toBe(hostile);
  }));

test("a file's name, and what no command is called", () =>
  inEmptyFolder(async (cwd) => {
    await writeFile(join(cwd, `${hostile}.png`), "no picture");
    expectShown(await cli(["inspect", `${hostile}.png`], { cwd }));
    expectShown(await cli(["inspect", `${hostile}-there-is-none.png`], { cwd }));
    expectShown(await cli([hostile, "--size", "32", "--cutouts", "1", "--steps", "0"], { cwd }));
  }));

test("a tensor's name", () =>
  inEmptyFolder(async (cwd) => {
    const header = JSON.stringify({ [hostile]: { dtype: "F32", shape: [2], data_offsets: [0, 4] } });
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
    await mkdir(join(cwd, "clip"));
    await writeFile(
      join(cwd, "clip", "model.safetensors"),
      Buffer.concat([length, Buffer.from(header), Buffer.alloc(4)]),
    );
    for (const name of ["config.json", "tokenizer.json"]) await writeFile(join(cwd, "clip", name), "{}");
    expectShown(await cli(["generate", "castle", "--clip", "clip", "-o", "a.png"], { cwd }));
  }));
