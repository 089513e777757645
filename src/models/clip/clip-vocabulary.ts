/** CLIP's own vocabulary, which all models of OpenAI and most of OpenCLIP share: their `tokenizer.json` without the file. */
import { unzlibSync } from "fflate";
import { requires } from "../../core/errors.js";

/** Each of the 256 bytes, and each at the end of a word. */
const BYTES = 512;
const SPECIALS = ["<|startoftext|>", "<|endoftext|>"];
const END_OF_WORD = "</w>";

/**
 * The content of the `tokenizer.json` of a model with so many tokens: the first merges of CLIP's, in its order. The merges
 * are loaded when they are asked for.
 *
 * @throws BAD_MODEL when the vocabulary is larger than CLIP's, or smaller than its bytes
 */
export async function clipVocabulary(size: number, origin: string): Promise<unknown> {
  const pairs = await mergedIds();
  const count = size - BYTES - SPECIALS.length;
  requires(
    count >= 0 && count <= pairs.length,
    "BAD_MODEL",
    () =>
      `${origin}: no such file; CLIP's own vocabulary has ${pairs.length + BYTES + SPECIALS.length} tokens, not ${size}`,
    "put the model's own tokenizer.json beside it",
  );
  const words = bytesAsWords();
  const merges = pairs.slice(0, count).map(([left, right]): Merge => {
    words.push(`${words[left]}${words[right]}`);
    return [words[left] as string, words[right] as string];
  });
  return tokenizerOf(merges);
}

/** The same of the text of a `merges.txt`, as older folders of Hugging Face's have instead. @throws BAD_MODEL when it is none */
export function tokenizerOfMerges(text: string, origin: string): unknown {
  const lines = text.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#version"));
  const merges = lines.map((line): Merge => {
    const parts = line.split(" ");
    requires(
      parts.length === 2 && parts.every((part) => part !== ""),
      "BAD_MODEL",
      () => `${origin}: expected two parts a line, found ${JSON.stringify(line.slice(0, 40))}`,
    );
    return parts as unknown as Merge;
  });
  return tokenizerOf(merges);
}

type Merge = readonly [left: string, right: string];

/** Bytes, bytes that end a word, merges, special tokens: the order of ids in all of CLIP's tokenizers. */
function tokenizerOf(merges: readonly Merge[]): unknown {
  const words = [...bytesAsWords(), ...merges.map((pair) => pair.join(""))];
  const special = SPECIALS.map((content, i) => ({ id: words.length + i, content, special: true, normalized: false }));
  words.push(...SPECIALS);
  const [start, end] = special.map(({ content, id }) => [content, id]);
  const Regex = `${SPECIALS.map((token) => token.replaceAll("|", "\\|")).join("|")}|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+`;
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    added_tokens: special,
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "NFC" },
        { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
        { type: "Lowercase" },
      ],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [{ type: "Split", pattern: { Regex }, behavior: "Removed", invert: true }, byteLevel],
    },
    post_processor: { type: "RobertaProcessing", sep: end, cls: start, trim_offsets: false, add_prefix_space: false },
    decoder: { ...byteLevel, add_prefix_space: true },
    model: {
      type: "BPE",
      unk_token: SPECIALS[1],
      continuing_subword_prefix: "",
      end_of_word_suffix: END_OF_WORD,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
      merges,
    },
  };
}

/** Of each merge the ids of both parts. */
async function mergedIds(): Promise<(readonly [left: number, right: number])[]> {
  const { merges } = await import("./generated/merges.js");
  const bytes = unzlibSync(Uint8Array.from(atob(merges), (character) => character.charCodeAt(0)));
  const ids = new Uint16Array(bytes.slice().buffer);
  const count = ids.length / 2;
  return Array.from({ length: count }, (_, i) => [ids[i] as number, ids[count + i] as number] as const);
}

/** A printable stand-in for each byte: the printable ones themselves, then the others from U+0100 on; then all as ends of words. */
function bytesAsWords(): string[] {
  const isPrintable = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const printable = bytes.filter(isPrintable).map((byte) => String.fromCharCode(byte));
  const others = bytes.filter((byte) => !isPrintable(byte)).map((_, i) => String.fromCharCode(256 + i));
  const alphabet = [...printable, ...others];
  return [...alphabet, ...alphabet.map((byte) => byte + END_OF_WORD)];
}
