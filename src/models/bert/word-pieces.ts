/** BERT's tokenizer from its list of word pieces alone, `vocab.txt`, in the form of a `tokenizer.json`. */
import * as z from "zod";
import { requires } from "../../core/errors.js";
import { type Files, readJsonIfThere, readText } from "../files.js";
import { parsed } from "../parse.js";

const VOCABULARY = "vocab.txt";
const schema = z.object({
  do_lower_case: z.boolean().default(true),
  tokenize_chinese_chars: z.boolean().default(true),
  strip_accents: z.boolean().nullish(),
});
const needed = ["[CLS]", "[SEP]", "[UNK]", "[PAD]"] as const;

/** The content of `tokenizer.json`, or what `vocab.txt` says where that is all there is. @throws BAD_MODEL */
export async function bertTokenizerFile(files: Files, tokenizerConfig: unknown, what: string): Promise<unknown> {
  const file = await readJsonIfThere(files, "tokenizer.json");
  if (file !== undefined) return file;
  const text = await readText(files, VOCABULARY, `${what} without a tokenizer.json`);
  return tokenizerOfWordPieces(text, tokenizerConfig, files.pathOf(VOCABULARY));
}

/** @param text one piece a line, whose number is the piece's id @throws BAD_MODEL when a special token is not in it */
export function tokenizerOfWordPieces(text: string, tokenizerConfig: unknown, origin: string): object {
  const settings = parsed(schema, tokenizerConfig, `tokenizer_config of ${origin}`);
  const pieces = text.replace(/\r?\n$/, "").split(/\r?\n/);
  const vocab = Object.fromEntries(pieces.map((piece, id) => [piece, id]));
  const missing = needed.filter((token) => vocab[token] === undefined);
  requires(missing.length === 0, "BAD_MODEL", () => `${origin}: has no ${missing.join(", ")}`);
  const id = (token: (typeof needed)[number]) => vocab[token] as number;
  return {
    added_tokens: needed.map((content) => ({
      id: id(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: settings.tokenize_chinese_chars,
      strip_accents: settings.strip_accents ?? null,
      lowercase: settings.do_lower_case,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: { type: "BertProcessing", sep: ["[SEP]", id("[SEP]")], cls: ["[CLS]", id("[CLS]")] },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    padding: { pad_id: id("[PAD]") },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}
