/** What texts that are short are filled up with, as the files beside a tokenizer say it. */
import * as z from "zod";
import { parsed } from "../parse.js";

const schema = z.object({ pad_token: z.union([z.string(), z.object({ content: z.string() })]).nullish() });

/** @param config the content of `tokenizer_config.json` or `special_tokens_map.json` @throws BAD_MODEL */
export function padTokenOf(config: unknown, origin: string): string | undefined {
  const { pad_token: pad } = parsed(schema, config, origin);
  return (typeof pad === "object" ? pad?.content : pad) ?? undefined;
}
