/** Diffusion models in one step against the diffusers library: tokens, what the net is told, the picture, and the gradient of the noise. */
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { grad } from "../../src/autodiff/grad.js";
import { describeFolder } from "../../src/cli/describe-model.js";
import { NDArray } from "../../src/core/ndarray.js";
import { input, type Tensor } from "../../src/graph/tensor.js";
import { encoderOf } from "../../src/models/generator.js";
import { loadGenerator } from "../../src/models/load.js";
import { onDisk } from "../../src/models/on-disk.js";
import { readAutoencoder, readGenerator } from "../../src/models/read-generator.js";
import type { TextReader } from "../../src/models/text-reader.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { embedTexts } from "../../src/prompts/prompt-embedding.js";
import { compile } from "../../src/runtime/program.js";
import { inEmptyFolder } from "../support/cli.js";
import { fixture, fixturePath, relativeError } from "../support/fixtures.js";
import { refusesIn } from "../support/refused-folder.js";

const texts = ["a red! castle, oil on canvas", "sky!", ""];

test.each([
  ["diffusion-sdxs", 16, 64, ["kept", "recomputed"]],
  ["diffusion-turbo", 4, 32, ["kept"]],
  ["diffusion-lcm", 8, 64, ["kept"]],
  ["diffusion-sdxl", 4, 32, ["recomputed"]],
] as const)("%s: tokens, states, picture and the noise's gradient agree", async (name, factor, resolution, ways) => {
  const reference = await fixture(`${name}/expected.safetensors`);
  const generator = await loadGenerator(fixturePath(name));
  expect(generator).toMatchObject({ name, factor, resolution });
  const reader = generator.text as TextReader;
  const { contextLength, embeddingSize } = reader;
  const ids = texts.flatMap((text) => reader.tokenize(text).ids);
  expect(ids).toEqual(Array.from(reference("ids").data, Number));

  const noise = input("noise", "float32", reference("noise").shape);
  const states = reader.encodeText(input("ids", "int64", [1, contextLength]), input("end", "int64", [1]));
  const text = input("text", "float32", [1, embeddingSize]);
  const ct = input("ct", "float32", reference("ct").shape);
  const outputs: Record<string, Tensor> = { states };
  for (const way of ways) {
    const picture = generator.decode(noise, { text, recompute: way === "recomputed" });
    const [gradient] = grad(picture, [noise], ct) as [Tensor];
    Object.assign(outputs, { [`${way} picture`]: picture, [`${way} dnoise`]: gradient });
  }
  const program = await compile(outputs, { threads: 1 });
  const told = NDArray.float32([1, embeddingSize], reference("states").floats().slice(0, embeddingSize));
  const end = program.reads("end") && { end: NDArray.int64([1], [reader.tokenize(texts[0] as string).end]) };
  const feeds = { text: told, noise: reference("noise"), ct: reference("ct"), ...end };
  const result = await program.run({ ...feeds, ids: NDArray.int64([1, contextLength], ids.slice(0, contextLength)) });
  await program.dispose();
  for (const [output, array] of Object.entries(result)) {
    const expected = output === "states" ? told : reference(output.split(" ")[1] as string);
    expect(relativeError(array, expected), output).toBeLessThan(1e-4);
  }
});

test("another autoencoder draws the picture of the same latent, in its own scale and offset", async () => {
  const [reference, final] = await Promise.all(
    ["diffusion-sdxs", "diffusion-final-vae"].map((name) => fixture(`${name}/expected.safetensors`)),
  );
  const by = await readAutoencoder(await onDisk(fixturePath("diffusion-final-vae")));
  const { finishing, text } = await readGenerator(await onDisk(fixturePath("diffusion-sdxs")), by);
  const { embeddingSize } = text as TextReader;
  const told = input("text", "float32", [1, embeddingSize]);
  const inner = finishing?.inner(input("noise", "float32", reference?.("noise").shape ?? []), { text: told }) as Tensor;
  const outputs = { inner, usual: finishing?.draw(inner) as Tensor, final: finishing?.by.decode(inner) as Tensor };
  const program = await compile(outputs, { threads: 1 });
  const states = NDArray.float32([1, embeddingSize], reference?.("states").floats().slice(0, embeddingSize) ?? []);
  const result = await program.run({ text: states, noise: reference?.("noise") as NDArray });
  await program.dispose();
  expect(relativeError(result.inner, reference?.("latent") as NDArray)).toBeLessThan(1e-4);
  expect(relativeError(result.usual, reference?.("picture") as NDArray)).toBeLessThan(1e-4);
  expect(relativeError(result.final, final?.("picture") as NDArray)).toBeLessThan(1e-4);
});

test("a picture under half of the schedule's noise, and what one step makes of it", async () => {
  const reference = await fixture("diffusion-turbo/expected.safetensors");
  const generator = await loadGenerator(fixturePath("diffusion-turbo"));
  const { embeddingSize } = generator.text as TextReader;
  const x = input("x", "float32", reference("edit.x").shape);
  const z = encoderOf(generator, "test")(x, { noising: 0.5 });
  const noised = add(z, mul(input("noise", "float32", z.shape), generator.noiseAt?.(0.5) as number));
  const text = input("text", "float32", [1, embeddingSize]);
  const picture = generator.decode(noised, { text, noising: 0.5 });
  const program = await compile({ noised, picture }, { threads: 1 });
  const told = NDArray.float32([1, embeddingSize], reference("states").floats().slice(0, embeddingSize));
  const result = await program.run({ x: reference("edit.x"), noise: reference("edit.noise"), text: told });
  await program.dispose();
  expect(relativeError(result.noised, reference("edit.start"))).toBeLessThan(1e-4);
  expect(relativeError(result.picture, reference("edit.picture"))).toBeLessThan(1e-4);
});

test("models ls tells a diffusion model with all its parts", async () => {
  const [facts] = await describeFolder(fixturePath("diffusion-sdxs"));
  expect(facts).toMatchObject({
    kind: "diffusion model",
    parameters: 114_891,
    facts: { factor: 16, contextLength: 20, encodes: true },
  });
});

test("SDXL's form: two text encoders, and what of them does not fit", () =>
  inEmptyFolder(async (folder) => {
    const reference = await fixture("diffusion-sdxl/expected.safetensors");
    const { text } = await loadGenerator(fixturePath("diffusion-sdxl"));
    const told = await embedTexts(text as TextReader, texts, { threads: 1 }); // short ones too, whose padding differs
    expect(relativeError(told, reference("states"))).toBeLessThan(1e-4);
    const [facts] = await describeFolder(fixturePath("diffusion-sdxl"));
    expect(facts).toMatchObject({ kind: "diffusion model", facts: { factor: 4, contextLength: 20 } });
    await cp(fixturePath("diffusion-sdxl"), folder, { recursive: true });
    const refuses = refusesIn(folder);
    await refuses("unet/config.json", { addition_time_embed_dim: 8 }, "is 34, the text encoders and the size make 58");
    await refuses("unet/config.json", { addition_time_embed_dim: null }, "needs addition_time_embed_dim");
    await refuses("unet/config.json", { addition_embed_type: "image" }, "addition_embed_type");
    await refuses("tokenizer_2/tokenizer_config.json", { model_max_length: 18 }, "is 18, tokenizer/ has 20");
    await rm(join(folder, "text_encoder_2"), { recursive: true });
    await expect(loadGenerator(folder)).rejects.toThrow("cross_attention_dim is 20, the text encoder has 12");
  }));

test("what does not fit is named, with the cure", () =>
  inEmptyFolder(async (folder) => {
    await cp(fixturePath("diffusion-turbo"), folder, { recursive: true });
    const refuses = refusesIn(folder);
    const schedule = "scheduler/scheduler_config.json";
    await refuses(schedule, { timestep_spacing: "leading" }, "no start from noise", 'timestep_spacing to "trailing"');
    await refuses(schedule, { _class_name: "HeunDiscreteScheduler" }, "a HeunDiscreteScheduler is not read", "known");
    await refuses(schedule, { use_karras_sigmas: true }, "use_karras_sigmas: is not read: set it to false");
    await refuses(schedule, { timestep_type: "continuous" }, "timestep_type");
    await refuses("unet/config.json", { class_embed_type: "timestep" }, "class_embed_type");
    await refuses("unet/config.json", { attention_head_dim: [2, 4, 8] }, "attention_head_dim: expected a number or 2");
    await refuses("unet/config.json", { attention_head_dim: 3 }, "8 channels do not split into 3 heads");
    await refuses("unet/config.json", { cross_attention_dim: 16 }, "expected [8,16], found [8,12]");
    await refuses("unet/config.json", { mid_block_type: null }, "not part of the model: mid_block.");
    await refuses("text_encoder/config.json", { use_attention_mask: true }, "use_attention_mask");
    await refuses("tokenizer/vocab.json", { "!": 5 }, '"!" is not where CLIP\'s vocabulary has it');
    const [json, path] = [await readFile(join(folder, schedule), "utf8"), join(folder, schedule)];
    await writeFile(path, json.replace("{", '{ "lambda_min_clipped": -Infinity,')); // as the library writes it
    expect((await loadGenerator(folder)).text).toBeDefined();
    await rm(path);
    await expect(loadGenerator(folder)).rejects.toThrow(
      "scheduler_config.json: no such file; a diffusion model needs it",
    );
    expect((await loadGenerator(join(folder, "vae"))).text).toBeUndefined(); // the autoencoder alone
  }));
