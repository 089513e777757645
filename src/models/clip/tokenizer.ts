/** Texts to token ids by a Hugging Face `tokenizer.json`, with a word on what was not taken in. */
import { Tokenizer } from "@huggingface/tokenizers";
import * as z from "zod";
import { requires, VqganClipError } from "../../core/errors.js";
import { parsed } from "../parse.js";
import type { TokenizedText } from "../text-reader.js";
import type { TextConfig } from "./config.js";
import { requireTamePatterns } from "./tokenizer-patterns.js";

const fileSchema = z.object({
  added_tokens: z.array(z.object({ content: z.string(), special: z.boolean().default(false) })).default([]),
  padding: z.object({ pad_id: z.int().nonnegative() }).nullish(),
  model: z.object({ unk_token: z.string().nullish(), type: z.string().optional(), vocab: z.unknown().optional() }),
});

type Encode = (text: string) => number[];

/**
 * The function that tokenizes for a text tower: ids as `transformers` gives them for `padding="max_length"` and
 * `truncation=True`.
 *
 * @param file the content of `tokenizer.json`
 * @param padToken what fills the rest, where another file says it (default: as `tokenizer.json` says, else the end token)
 * @throws BAD_MODEL when the file is none, or does not fit the text tower
 */
export function clipTokenizer(
  file: unknown,
  { contextLength, endToken, vocabulary }: Pick<TextConfig, "contextLength" | "endToken" | "vocabulary">,
  origin = "tokenizer.json",
  padToken?: string,
): (text: string) => TokenizedText {
  const { added_tokens, padding, model } = parsed(fileSchema, file, origin);
  const tokenizer = open(file as object, origin);
  const { normalizer, pre_tokenizer, post_processor } = tokenizer;
  requireTamePatterns([normalizer, pre_tokenizer, post_processor], origin);
  const specials = added_tokens.filter(({ special }) => special).map(({ content }) => content);
  const prepare = attempt(() => lowercases(tokenizer), origin) ? forLowercase(specials) : (text: string) => text;
  const encode: Encode = (text) => attempt(() => wholes(tokenizer.encode(prepare(text)).ids), origin);

  const empty = encode("");
  const last = empty.at(-1);
  requires(last !== undefined, "BAD_MODEL", () => `${origin}: an empty text has no end token, CLIP needs one`);
  const end = endToken ?? last;
  requires(
    empty.includes(end),
    "BAD_MODEL",
    () => `${origin}: texts end with token ${last}, config.json's text_config.eos_token_id is ${end}`,
    "the two files seem to come from different models",
  );
  const padId = (padToken === undefined ? undefined : tokenizer.token_to_id(padToken)) ?? padding?.pad_id ?? last;
  const unknownId = unknownToken(tokenizer, model.unk_token, empty);

  return (text) => {
    const all = encode(text);
    const surplus = all.find((id) => id >= vocabulary);
    requires(
      surplus === undefined,
      "BAD_MODEL",
      () => `${origin}: gives token ${surplus}, the model knows ${vocabulary}`,
      "tokenizer.json seems to come from another model",
    );
    const fits = all.length <= contextLength;
    const ids = fits ? all : [...all.slice(0, contextLength - 1), last];
    return {
      ids: [...ids, ...new Array<number>(contextLength - ids.length).fill(padId)],
      length: ids.length,
      end: ids.indexOf(end),
      ...(!fits && { truncated: cutText(text, contextLength, encode) }),
      unknown: unknownId === undefined ? [] : attempt(() => unknownWords(tokenizer, prepare(text), unknownId), origin),
    };
  };
}

/** The words of a vocabulary of words: no special tokens, no endings. */
export function knownWords(file: unknown, origin = "tokenizer.json"): string[] | undefined {
  const { model, added_tokens } = parsed(fileSchema, file, origin);
  if (model.type !== "WordLevel" && model.type !== "WordPiece") return undefined;
  const special = new Set([model.unk_token, ...added_tokens.map(({ content }) => content)]);
  return Object.keys(model.vocab ?? {}).filter((word) => !special.has(word) && !word.startsWith("##"));
}

function open(file: object, origin: string): Tokenizer {
  return attempt(() => new Tokenizer(file, {}), origin);
}

/** What the library does with a file that it checks little of. @throws BAD_MODEL with what went wrong there */
function attempt<T>(work: () => T, origin: string): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof VqganClipError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VqganClipError("BAD_MODEL", `${origin}: not a usable tokenizer: ${reason}`, undefined, { cause });
  }
}

/** @throws Error unless all are ids */
function wholes(ids: number[]): number[] {
  if (Array.isArray(ids) && ids.every((id) => Number.isSafeInteger(id) && id >= 0)) return ids;
  throw new Error("it gives tokens that have no id");
}

const lowercases = ({ normalizer }: Tokenizer): boolean => normalizer?.("A") === "a";

/**
 * Two places where lower-casing differs between this tokenizer library and the reference. Capital sigma: there always
 * to the middle form, here to the final form at the end of a word. A special token in capitals: no special token there,
 * one here if the text is nothing else; a space on either side, which counts for nothing, prevents it.
 */
function forLowercase(specials: readonly string[]): (text: string) => string {
  const escaped = specials.map((special) => special.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const inAnyCase = specials.length > 0 ? new RegExp(escaped.join("|"), "giu") : undefined;
  const apart = (found: string) => (specials.includes(found) ? found : ` ${found} `);
  return (text) => {
    const marked = inAnyCase ? text.replace(inAnyCase, apart) : text;
    return marked.replaceAll("\u03a3", "\u03c3");
  };
}

/** The id that unknown words get; none where the vocabulary has every byte and the name is that of the end token. */
function unknownToken(tokenizer: Tokenizer, token: string | null | undefined, empty: readonly number[]) {
  const id = token == null ? undefined : tokenizer.token_to_id(token);
  return id === undefined || empty.includes(id) ? undefined : id;
}

function unknownWords(tokenizer: Tokenizer, text: string, unknownId: number): string[] {
  const normal = tokenizer.normalizer ? tokenizer.normalizer(text) : text;
  const words: string[] = tokenizer.pre_tokenizer ? tokenizer.pre_tokenizer(normal) : [normal];
  const isUnknown = (word: string) => tokenizer.encode(word, { add_special_tokens: false }).ids.includes(unknownId);
  return [...new Set(words)].filter(isUnknown);
}

/**
 * Where a text that is too long is cut: after the last word that fits whole; inside the first word when that alone is
 * too long. The ids may hold some tokens of the next word: the reference keeps them.
 */
function cutText(text: string, limit: number, encode: Encode): { kept: string; cut: string } {
  const wordEnds = Array.from(text.matchAll(/\S+/gu), (word) => word.index + word[0].length);
  const places = lastFitting(wordEnds, text, limit, encode) > 0 ? wordEnds : codePointEnds(text);
  const at = places[lastFitting(places, text, limit, encode) - 1] ?? 0;
  return { kept: text.slice(0, at), cut: text.slice(at) };
}

/** How many of the places leave a beginning of the text that fits; found by halving, since longer needs more tokens. */
function lastFitting(places: readonly number[], text: string, limit: number, encode: Encode): number {
  let [fitting, beyond] = [0, places.length + 1];
  while (beyond - fitting > 1) {
    const middle = Math.floor((fitting + beyond) / 2);
    if (encode(text.slice(0, places[middle - 1])).length <= limit) fitting = middle;
    else beyond = middle;
  }
  return fitting;
}

function codePointEnds(text: string): number[] {
  let end = 0;
  return Array.from(text, (character) => (end += character.length));
}
