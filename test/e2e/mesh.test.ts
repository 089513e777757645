/** Meshes from the command line: styled, resumed to the same, written as meshes and as a turntable, and not mixed up. */
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { decodePicture, readPngText, readStory } from "../../src/index.js";
import { readObj } from "../../src/models/mesh/obj.js";
import { cli, inEmptyFolder } from "../support/cli.js";
import { fixturePath } from "../support/fixtures.js";

const clip = ["--clip", fixturePath("clip-gelu"), "--threads", "1"];
const small = ["--size", "30x26", "--cutouts", "3", "--seed", "3", "--schedule", "constant", "--learning-rate", "0.3"];

test("--generator mesh:FILE: generate, resume, files of the mesh, and no mix-up of meshes", () =>
  inEmptyFolder(async (cwd) => {
    await copyFile(fixturePath("mesh/solid.obj"), join(cwd, "a.obj"));
    const run = (args: readonly string[]) => cli([...args, ...clip], { cwd });
    const at = (file: string) => readFile(join(cwd, file));
    const generator = ["--generator", "mesh:a.obj,views=2,spread=40"];
    const begun = ["generate", "rain", ...generator, ...small, "--steps", "1", "-o", "a.png"];
    const made = await run([...begun, "--save-state", "a.vqclip"]);
    expect(made.code, made.stderr).toBe(0);
    const story = readStory(readPngText(await at("a.png")));
    expect(story?.models[0]).toMatchObject({ role: "generator", name: "a.obj,views=2,spread=40" });
    expect(story?.settings).toMatchObject({ latent: "continuous", start: "normal" });

    const files = ["--mesh", "b.obj", "--turntable", "b.webp"];
    const gone = await run(["resume", "a.vqclip", ...generator, "--steps", "2", "-o", "b.png", ...files]);
    expect(gone.code, gone.stderr).toBe(0);
    const whole = ["generate", "rain", ...generator, ...small, "--steps", "2", "-o", "c.png", "--mesh", "c.obj"];
    expect((await run(whole)).code).toBe(0);
    const pixelsOf = async (file: string) => (await decodePicture(await at(file), file)).data;
    expect(await pixelsOf("c.png")).toEqual(await pixelsOf("b.png"));
    expect(await at("c.obj")).toEqual(await at("b.obj"));

    const [first, last] = [readObj(await at("a.obj"), "a"), readObj(await at("b.obj"), "b")];
    expect(last.faces).toEqual(first.faces);
    expect(new Set(last.colours).size).toBeGreaterThan(10);
    const moved = last.positions.map((value, i) => Math.abs(value - (first.positions[i] as number)));
    expect(Math.max(...moved)).toBeGreaterThan(0.005);
    expect(Math.max(...moved)).toBeLessThan(0.2); // where it was, and as large
    expect(await sharp(await at("b.webp")).metadata()).toMatchObject({ pages: 36, width: 30 });

    const other = await run(["resume", "a.vqclip", "--generator", "mesh:a.obj"]);
    expect(other.stderr).toContain("was made with generator a.obj,views=2,spread=40 (");
  }));

test("what is no mesh, and what a mesh has not, is refused", () =>
  inEmptyFolder(async (cwd) => {
    const solid = `mesh:${fixturePath("mesh/solid.obj")}`;
    const refused = async (generator: string, ...more: readonly string[]) =>
      (await cli(["generate", "rain", "--generator", generator, "--size", "16x16", ...more, ...clip], { cwd })).stderr;
    expect(await refused("mesh:no.obj")).toContain("no.obj: no such file; a mesh needs it");
    expect(await refused(solid, "--mesh", "d.stl")).toContain("--mesh: d.stl must end in .obj or .ply or .glb");
    expect(await refused("fft", "--turntable", "d.webp")).toContain("--turntable: fft has no shape in space");
    expect(await refused(solid, "--latent", "fused")).toContain("latent: fused is nothing that solid.obj has");
  }));
