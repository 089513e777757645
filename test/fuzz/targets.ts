/** The parsers of foreign bytes: what each reads, what valid input looks like, and mutations that keep its outer form. */
import { readFile } from "node:fs/promises";
import { strToU8, unzipSync, type Zippable, zipSync, zlibSync } from "fflate";
import { parse as parseYaml, stringify } from "yaml";
import { nodeFacts, treeLines } from "../../src/cli/session-tree.js";
import { VqganClipError } from "../../src/core/errors.js";
import { NDArray } from "../../src/core/ndarray.js";
import type { Random } from "../../src/core/random.js";
import { checkRecommendation } from "../../src/guidance/resolve-settings.js";
import { encodePng } from "../../src/image/png.js";
import { concatenate, PNG_SIGNATURE, pngChunk, pngChunks } from "../../src/image/png-chunks.js";
import { readPngText } from "../../src/image/png-text.js";
import { parseBertConfig } from "../../src/models/bert/config.js";
import { tokenizerOfWordPieces } from "../../src/models/bert/word-pieces.js";
import { parseClipConfig } from "../../src/models/clip/config.js";
import { parseOpenClipConfig } from "../../src/models/clip/open-clip-config.js";
import { clipTokenizer, knownWords } from "../../src/models/clip/tokenizer.js";
import type { Files } from "../../src/models/files.js";
import { readHead } from "../../src/models/head/read.js";
import { readObj } from "../../src/models/mesh/obj.js";
import { surfaceOf } from "../../src/models/mesh/surface.js";
import { parseSiglipConfig } from "../../src/models/siglip/config.js";
import { parseTinyConfig } from "../../src/models/tiny/config.js";
import { parseVqganConfig } from "../../src/models/vqgan/config.js";
import { parseDiffusersConfig } from "../../src/models/vqgan/diffusers.js";
import { readStory, storyText } from "../../src/sessions/metadata.js";
import { readSession, writeSession } from "../../src/sessions/session-file.js";
import { lineageOf } from "../../src/sessions/session-tree.js";
import { parseLines } from "../../src/sound/follow.js";
import { parseFormula } from "../../src/sound/formula.js";
import { readWav } from "../../src/sound/wav.js";
import { MemorySource } from "../../src/weights/byte-source.js";
import { unpickle } from "../../src/weights/pickle.js";
import { readWeights } from "../../src/weights/read-weights.js";
import { parseSafetensors, writeSafetensors } from "../../src/weights/safetensors.js";
import { loadTorchStorage, resolveTorchGlobal } from "../../src/weights/torch-globals.js";
import { fixturePath } from "../support/fixtures.js";
import { smallSession, smallStory } from "../support/small-session.js";
import { hubSeeds, readHubAnswer } from "./hub-answer.js";
import { mutatedBytes, mutatedJson } from "./mutate.js";

export interface Target {
  readonly name: string;
  /** Valid inputs. */
  seeds(): Promise<Uint8Array[]>;
  /** A change that the outermost checks do not notice (default: of bytes alone). */
  readonly mutate?: (random: Random, bytes: Uint8Array, other: Uint8Array) => Uint8Array;
  /** Reads it as the product does. @throws VqganClipError alone */
  read(bytes: Uint8Array): Promise<unknown> | unknown;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const json = (value: unknown): Uint8Array => strToU8(JSON.stringify(value));
const fixtures = (...names: string[]) =>
  Promise.all(names.map(async (name) => Uint8Array.from(await readFile(fixturePath(name)))));

/** JSON, changed as JSON. */
const jsonMutation = (random: Random, bytes: Uint8Array): Uint8Array =>
  json(mutatedJson(random, JSON.parse(text(bytes))));

/** What is no JSON is refused where it is read. */
function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(text(bytes));
  } catch (cause) {
    throw new VqganClipError("BAD_FILE", "not JSON", undefined, { cause });
  }
}

/** The header changed as JSON, with a length that fits it. */
function safetensorsMutation(random: Random, bytes: Uint8Array): Uint8Array {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = jsonMutation(random, bytes.subarray(8, 8 + length));
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(header.length), true);
  return concatenate([prefix, header, bytes.subarray(8 + length)]);
}

/** One entry changed, and all sums made right again. */
function zipMutation(random: Random, bytes: Uint8Array, chosen: RegExp): Uint8Array {
  const entries = Object.entries(unzipSync(bytes));
  const [name, data] = pick(
    random,
    entries.filter(([entry]) => chosen.test(entry)),
  ) ?? ["", new Uint8Array()];
  const changed = name.endsWith(".json")
    ? jsonMutation(random, data)
    : name.endsWith(".safetensors")
      ? safetensorsMutation(random, data)
      : mutatedBytes(random, data);
  const files: Zippable = Object.fromEntries(entries.map(([entry, old]) => [entry, entry === name ? changed : old]));
  return zipSync(files, { level: random.chance(0.2) ? 1 : 0, mtime: new Date(1980, 0, 1) });
}

const pick = <T>(random: Random, items: readonly T[]): T | undefined => items[random.integer(items.length)];

/** The data of a chunk changed, its checksum made right again. */
function pngMutation(random: Random, bytes: Uint8Array): Uint8Array {
  const chunks = [...pngChunks(bytes)];
  const chosen = random.integer(chunks.length);
  const written = chunks.map(({ type, data }, i) => pngChunk(type, i === chosen ? mutatedBytes(random, data) : data));
  return concatenate([PNG_SIGNATURE, ...written]);
}

const tokenizerText = { contextLength: 32, endToken: undefined, vocabulary: 100_000 };
const prompts = ["", "a castle, at 10:30!", "ĂⒷ Σ ß 漢字 \u{1f3f0} é\u0301", `${"a".repeat(300)}!`, "word ".repeat(60)];

const configs: Readonly<Record<string, (value: unknown) => unknown>> = {
  "clip-gelu/config.json": (value) => parseClipConfig(value),
  "siglip/config.json": (value) => parseSiglipConfig(value),
  "siglip2-naflex/config.json": (value) => parseSiglipConfig(value),
  "text-tower-sentence/config.json": (value) => parseBertConfig(value, "distilbert", "config.json"),
  "open-clip/open_clip_config.json": (value) => parseOpenClipConfig(value),
  "diffusers-vq/config.json": (value) => parseDiffusersConfig(value, "config.json"),
  "diffusers-kl/config.json": (value) => parseDiffusersConfig(value, "config.json"),
  "diffusers-tiny/config.json": (value) => parseTinyConfig(value, "config.json"),
};

/** A folder with a head and what is told of it. */
function headFiles(bytes: Uint8Array): Files {
  const told = json({ activation: "gelu", outputs: ["valence", "arousal", "dominance"] });
  const open = async (file: string) => new MemorySource(file.endsWith(".json") ? told : bytes, file);
  const pathOf = (file: string) => file;
  const there = { list: async () => undefined, has: async () => true, sha256: async () => "" };
  const files: Files = { path: "head", name: "head", pathOf, folder: () => files, open, ...there };
  return files;
}

export const targets: readonly Target[] = [
  {
    name: "safetensors",
    seeds: async () => [
      ...(await fixtures("checkpoints/variety.safetensors")),
      writeSafetensors({ w: NDArray.float32([2, 3], [1, 2, 3, 4, 5, 6]), n: NDArray.int64([1], [7]) }, { by: "test" }),
    ],
    mutate: safetensorsMutation,
    read: async (bytes) => {
      const dict = parseSafetensors(bytes, "w.safetensors");
      for (const name of dict.names) await dict.read(name);
    },
  },
  {
    name: "head",
    seeds: () => fixtures("rewards/vad.safetensors"),
    mutate: safetensorsMutation,
    read: (bytes) => readHead({ path: "vad.safetensors", file: "vad.safetensors", files: headFiles(bytes) }),
  },
  {
    name: "torch-zip",
    seeds: () => fixtures("checkpoints/variety.ckpt", "checkpoints/nested.ckpt", "checkpoints/omegaconf.ckpt"),
    mutate: (random, bytes) => zipMutation(random, bytes, /data\.pkl|byteorder|data\/0/),
    read: (bytes) => readWeights(new MemorySource(bytes, "w.ckpt")),
  },
  {
    name: "torch-legacy",
    seeds: () => fixtures("checkpoints/variety-legacy.ckpt"),
    read: (bytes) => readWeights(new MemorySource(bytes, "w.ckpt")),
  },
  {
    name: "pickle",
    seeds: async () => {
      const zips = await fixtures("checkpoints/variety.ckpt", "checkpoints/nested.ckpt", "clip-resnet/model.pt");
      const pickles = zips.flatMap((zip) =>
        Object.entries(unzipSync(zip, { filter: ({ name }) => name.endsWith("data.pkl") })).map(([, data]) => data),
      );
      return [...pickles, strToU8("(lp0\nI1\na(dp1\nS'a'\nL5L\nsacbuiltins\nset\n(lt(Rp2\n0.")];
    },
    read: (bytes) => unpickle(bytes, { resolve: resolveTorchGlobal, loadPersistent: loadTorchStorage }).value,
  },
  {
    name: "session",
    seeds: async () => [writeSession(smallSession(), encodePng(NDArray.zeros("float32", [3, 2, 2])))],
    mutate: (random, bytes) => zipMutation(random, bytes, random.chance(0.6) ? /json/ : /safetensors/),
    read: async (bytes) => {
      const { tree } = await readSession(bytes);
      return [lineageOf(tree), treeLines(tree.nodes.map(nodeFacts), tree.current)];
    },
  },
  {
    name: "png",
    seeds: async () => {
      const told = encodePng(NDArray.zeros("float32", [3, 2, 2]), storyText(smallStory()));
      const chunks = [...pngChunks(told)].map(({ type, data }) => pngChunk(type, data));
      const zipped = pngChunk("zTXt", concatenate([strToU8("note\0\0"), zlibSync(strToU8("a note ".repeat(40)))]));
      const plain = pngChunk("tEXt", strToU8("parameters\0a castle"));
      return [told, concatenate([PNG_SIGNATURE, chunks[0] as Uint8Array, zipped, plain, ...chunks.slice(1)])];
    },
    mutate: pngMutation,
    read: (bytes) => readStory(readPngText(bytes)),
  },
  {
    name: "metadata",
    seeds: async () => [strToU8(storyText(smallStory())["vqgan-clip"] as string)],
    mutate: jsonMutation,
    read: (bytes) => readStory({ "vqgan-clip": text(bytes) }),
  },
  {
    name: "yaml",
    seeds: () => fixtures("vqgan/config.yaml", "gumbel/config.yaml"),
    mutate: (random, bytes) => strToU8(stringify(mutatedJson(random, parseYaml(text(bytes))))),
    read: (bytes) => parseVqganConfig(text(bytes)),
  },
  {
    name: "tokenizer",
    seeds: () => fixtures("clip-gelu/tokenizer.json", "clip-quick-gelu/tokenizer.json", "siglip/tokenizer.json"),
    mutate: jsonMutation,
    read: (bytes) => {
      const file = parsedJson(bytes);
      const tokenize = clipTokenizer(file, tokenizerText);
      knownWords(file);
      return prompts.map(tokenize);
    },
  },
  {
    name: "wav",
    seeds: async () => (await fixtures("sound/chirp.wav")).map((file) => file.subarray(0, 2000)),
    read: (bytes) => readWav(bytes, "a.wav"),
  },
  {
    name: "mesh",
    seeds: () => fixtures("mesh/solid.obj"),
    read: (bytes) => surfaceOf(readObj(bytes, "a.obj"), "a.obj"),
  },
  {
    name: "song-lines",
    seeds: async () => [strToU8('time,text\n0,a boat\n1:05.5,"rain: ""grey"", cold"\n70,\n')],
    read: (bytes) => parseLines(text(bytes), "song.csv"),
  },
  {
    name: "formula",
    seeds: async () => ["bass*0.8+0.2", "-(1 - beat/2)*(mid+high)", "loudness"].map((each) => strToU8(each)),
    read: (bytes) => parseFormula(text(bytes)),
  },
  {
    name: "word-pieces",
    seeds: () => fixtures("chinese-clip/vocab.txt"),
    read: (bytes) => {
      const tokenize = clipTokenizer(tokenizerOfWordPieces(text(bytes), {}, "vocab.txt"), tokenizerText);
      return prompts.map(tokenize);
    },
  },
  ...Object.entries(configs).map(
    ([name, parse]): Target => ({
      name: `config-${name.split("/")[0]}`,
      seeds: () => fixtures(name),
      mutate: jsonMutation,
      read: (bytes) => parse(parsedJson(bytes)),
    }),
  ),
  {
    name: "recommended",
    seeds: async () => [
      Uint8Array.from(await readFile(new URL("../../models/compact/recommended.json", import.meta.url))),
    ],
    mutate: jsonMutation,
    read: (bytes) => checkRecommendation(parsedJson(bytes), "recommended.json"),
  },
  { name: "hub-answer", seeds: async () => hubSeeds.map(json), mutate: jsonMutation, read: readHubAnswer },
];
