/** The bundled text tower of other languages: `--text-tower languages`. */
import { expect, test } from "vitest";
import { VqganClip } from "../../src/index.js";
import { cli, inEmptyFolder, tinyModels } from "../support/cli.js";

const said: Readonly<Record<string, readonly string[]>> = {
  "an apple": ["ein Apfel", "une pomme", "una manzana", "una mela", "uma maçã", "een appel", "an apple"],
  "a blue car": ["ein blaues Auto", "une voiture bleue", "un coche azul", "un'auto blu", "um carro azul", "een blauwe auto", "a blue car"],
  "a fish": ["ein Fisch", "un poisson", "un pez", "un pesce", "um peixe", "een vis", "a fish"],
  "a cat at night": ["eine Katze bei Nacht", "un chat la nuit", "un gato de noche", "un gatto di notte", "um gato à noite", "een kat in de nacht", "a cat at night"],
  "a watercolour painting": ["Aquarell", "aquarelle", "acuarela", "acquerello", "aquarela", "aquarel", "watercolour"],
}; // biome-ignore format: a table

test("seven languages are read to where the CLIP has the English words", async () => {
  const plain = await VqganClip.fromPretrained({ threads: 1 });
  const reader = await VqganClip.fromPretrained({ threads: 1, textTower: "languages" });
  const english = Object.keys(said);
  const meant = await plain.embedTexts(english);
  for (const [number, texts] of Object.values(said).entries()) {
    for (const [which, vector] of (await reader.embedTexts(texts)).entries()) {
      const near = meant.map((each) => vector.reduce((sum, value, i) => sum + value * (each[i] as number), 0));
      expect(english[near.indexOf(Math.max(...near))], texts[which]).toBe(english[number]);
    }
  }
  await plain.dispose();
  await reader.dispose();
});

test("a picture says what read its prompt, and is made again with it; another CLIP has none of that name", () =>
  inEmptyFolder(async (cwd) => {
    const asked = ["ein roter Apfel", "--text-tower", "languages", "-i", "2", "--seed", "1", "--threads", "1"];
    const made = await cli(["generate", ...asked, "-o", "apfel.png"], { cwd });
    expect(made.stderr).not.toContain("Apfel");
    expect(made.code).toBe(0);
    const { stdout } = await cli(["inspect", "apfel.png", "--json"], { cwd });
    expect(JSON.stringify(JSON.parse(stdout.toString()))).toContain("compact/clip+compact/languages");
    const again = await cli(["generate", "--like", "apfel.png", "--text-tower", "languages", "-o", "again.png"], {
      cwd,
    });
    expect(again.code, again.stderr).toBe(0);
    const lost = await cli(["generate", "castle", ...tinyModels, "--text-tower", "languages"], { cwd });
    expect(lost.code).toBe(2);
    expect(lost.stderr).toMatch(
      /^vqgan-clip: textTower: languages reads for the pair's own CLIP, and another is named \(leave clip out/,
    );
  }));
