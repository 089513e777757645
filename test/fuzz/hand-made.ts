/** Inputs that no mutation finds: each once took minutes, gigabytes or the whole stack. `<target>--<what>`, and the bytes. */
import { strToU8, zipSync } from "fflate";
import { NDArray } from "../../src/core/ndarray.js";
import { writeSafetensors } from "../../src/weights/safetensors.js";
import { smallStory } from "../support/small-session.js";

const json = (value: unknown): Uint8Array => strToU8(JSON.stringify(value));
const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join("\n");

function safetensors(header: string): Uint8Array {
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(strToU8(header), 8);
  return bytes;
}

/** A dotted global of 100,000 characters, asked for 3,000 times by way of the memo. */
function dottedGlobals(): Uint8Array {
  const name = "a.".repeat(50_000);
  const size = new Uint8Array(new Uint32Array([name.length]).buffer);
  const asked = "h\x00h\x01\x93".repeat(3000);
  return Buffer.concat([
    Buffer.from("X\x01\x00\x00\x00mq\x00X", "latin1"),
    size,
    Buffer.from(`${name}q\x01${asked}.`, "latin1"),
  ]);
}

const split = (Regex: string) => ({ type: "Split", pattern: { Regex }, behavior: "Isolated" });
const bpe = { type: "BPE", vocab: { a: 0, "<end>": 1 }, merges: [], unk_token: "<end>" };
const processor = { type: "RobertaProcessing", cls: ["a", 0], sep: ["<end>", 1], trim_offsets: false };
const tokenizer = (parts: object) =>
  json({
    model: bpe,
    decoder: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: processor,
    ...parts,
  });

/** A session whose manifest is this node again and again. */
function manySteps(): Uint8Array {
  const node = {
    id: 1,
    origin: { kind: "start" },
    status: "paused",
    beganFrom: "random",
    changed: false,
    targets: [],
    settings: {},
    states: Array.from({ length: 100_000 }, () => ({ step: 1, optimizerStep: 1 })),
  };
  return session(JSON.stringify({ nodes: [node] }), {});
}

function session(fields: string, files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const head = '"format":"vqclip","version":3,"models":[],"random":"philox4x32-10","keepEvery":0,"current":1';
  return zipSync({ "manifest.json": strToU8(`{${head},${fields.slice(1)}`), ...files });
}

/** What a picture tells that was made of these prompts. */
function prompted(prompts: string): Uint8Array {
  const story = smallStory();
  return json({ version: 2, random: "philox4x32-10", ...story, settings: { ...story.settings, prompts } });
}

export function handMade(): readonly (readonly [name: string, bytes: Uint8Array])[] {
  const arrays = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`a${i}`, NDArray.zeros("uint8", [0])]));
  return [
    ["pickle--dotted-name-3000-times", dottedGlobals()],
    ["safetensors--nested-200000-deep", safetensors(`{"w":${"[".repeat(200_000)}${"]".repeat(200_000)}}`)],
    ["safetensors--name-of-5-million", safetensors(`{"${"x".repeat(5e6)}":3}`)],
    ["yaml--20000-keys", strToU8(lines(20_000, (i) => `k${i}: 1`))],
    ["yaml--10000-keys", strToU8(lines(10_000, (i) => `k${i}: 1`))],
    ["yaml--target-of-100000", strToU8(`model: {target: ${"x".repeat(100_000)}, params: {}}`)],
    ["yaml--nested-20000-deep", strToU8("[".repeat(20_000))],
    ["tokenizer--repeated-repetition", tokenizer({ pre_tokenizer: split("(a+)+$") })],
    ["tokenizer--choices-in-a-row", tokenizer({ pre_tokenizer: split(`${"a?".repeat(40)}${"a".repeat(40)}`) })],
    ["tokenizer--swelling", tokenizer({ normalizer: swelling() })],
    ["tokenizer--no-processor", tokenizer({ post_processor: { type: "TemplateProcessing", single: [{}] } })],
    ["tokenizer--id-of-4-billion", tokenizer({ model: { ...bpe, vocab: { a: 0, "<end>": 4e9 } } })],
    ["session--one-step-100000-times", manySteps()],
    ["session--20000-arrays", session('{"nodes":[]}', { "node-1.safetensors": writeSafetensors(arrays) })],
    ["session--brackets", zipSync({ "manifest.json": new Uint8Array(6e7).fill(0x5b) }, { level: 1 })],
    ["metadata--weight-of-blanks", prompted(`a:1->${" ".repeat(60_000)}x`)],
    ["metadata--20000-keyframes", prompted(`a:${Array.from({ length: 20_000 }, (_, i) => `1@${i}`).join("->")}`)],
    ["metadata--prompt-of-digits", prompted(`a:${"1".repeat(200_000)}x`)],
  ];
}

function swelling() {
  const replace = { type: "Replace", pattern: { String: "a" }, content: "aaaaaaaaaa" };
  return { type: "Sequence", normalizers: Array.from({ length: 12 }, () => replace) };
}
