/** Text in PNG files by keyword: written as iTXt (UTF-8), read from iTXt, tEXt and zTXt. Works in browsers too. */
import { Unzlib } from "fflate";
import { requires, VqganClipError } from "../core/errors.js";
import { concatenate, isIntact, PNG_SIGNATURE, pngChunk, pngChunks } from "./png-chunks.js";

const TEXT_LIMIT = 16 * 2 ** 20;

/**
 * All text of a PNG file by keyword; a keyword that comes twice keeps its last text. Throws BAD_IMAGE when the file is no
 * PNG or a text is damaged, OUT_OF_LIMITS when the texts together are longer than 16 MiB.
 *
 * @param only the keywords that are read: what other programs wrote may then be damaged. Default: all
 */
export function readPngText(bytes: Uint8Array, only?: readonly string[]): Record<string, string> {
  const texts = new Map<string, string>();
  let room = TEXT_LIMIT;
  for (const chunk of pngChunks(bytes)) {
    if (!isText(chunk.type)) continue;
    if (only && !only.includes(keywordOf(chunk.data))) continue;
    requires(isIntact(bytes, chunk), "BAD_IMAGE", () => `readPngText(): a ${chunk.type} chunk has a wrong checksum`);
    const { keyword, content, compressed, encoding } = parseText(chunk.type, chunk.data);
    const plain = compressed ? inflate(content, room) : content;
    room -= plain.length;
    if (room < 0) throw tooLong();
    texts.set(keyword, encoding === "utf-8" ? decodeUtf8(keyword, plain) : latin1(plain));
  }
  return Object.fromEntries(texts);
}

/**
 * The PNG file with these texts in front of its pixels, in place of any text with the same keywords.
 *
 * @param texts by keyword: 1 to 79 printable Latin-1 characters, no space at either end. Throws BAD_ARGUMENT otherwise.
 */
export function writePngText(bytes: Uint8Array, texts: Readonly<Record<string, string>>): Uint8Array {
  const added = Object.entries(texts).map(([keyword, text]) => textChunk(keyword, text));
  const parts: Uint8Array[] = [PNG_SIGNATURE];
  for (const chunk of pngChunks(bytes)) {
    if (isText(chunk.type) && Object.hasOwn(texts, parseText(chunk.type, chunk.data).keyword)) continue;
    parts.push(bytes.subarray(chunk.start, chunk.end));
    if (chunk.type === "IHDR") parts.push(...added);
  }
  return concatenate(parts);
}

/** keyword, 0, not compressed 0, method 0, language 0, translated keyword 0, text in UTF-8 */
function textChunk(keyword: string, text: string): Uint8Array {
  requires(
    /^[\x21-\x7e\xa1-\xff](?:[\x20-\x7e\xa1-\xff]{0,77}[\x21-\x7e\xa1-\xff])?$/.test(keyword) &&
      !keyword.includes("  "),
    "BAD_ARGUMENT",
    () => `writePngText(): a keyword is 1 to 79 printable Latin-1 characters, got ${JSON.stringify(keyword)}`,
  );
  const name = Uint8Array.from(keyword, (character) => character.charCodeAt(0));
  return pngChunk("iTXt", concatenate([name, new Uint8Array(5), new TextEncoder().encode(text)]));
}

function isText(type: string): boolean {
  return type === "iTXt" || type === "tEXt" || type === "zTXt";
}

interface TextFields {
  readonly keyword: string;
  readonly content: Uint8Array;
  readonly compressed: boolean;
  readonly encoding: "utf-8" | "latin1";
}

/** What stands before the first zero, which a damaged chunk may lack. */
function keywordOf(data: Uint8Array): string {
  const end = data.indexOf(0);
  return latin1(data.subarray(0, end < 0 ? data.length : end));
}

function parseText(type: string, data: Uint8Array): TextFields {
  const end = zeroAt(data, 0);
  const keyword = keywordOf(data);
  if (type === "tEXt") return { keyword, content: data.subarray(end + 1), compressed: false, encoding: "latin1" };
  if (type === "zTXt") return { keyword, content: data.subarray(end + 2), compressed: true, encoding: "latin1" };
  const language = zeroAt(data, end + 3);
  const translated = zeroAt(data, language + 1);
  return { keyword, content: data.subarray(translated + 1), compressed: data[end + 1] === 1, encoding: "utf-8" };
}

function zeroAt(data: Uint8Array, from: number): number {
  const found = data.indexOf(0, from);
  requires(found >= 0, "BAD_IMAGE", () => "readPngText(): a text chunk has no end of its keyword");
  return found;
}

function inflate(content: Uint8Array, limit: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  const stream = new Unzlib((part) => {
    total += part.length;
    if (total > limit) throw tooLong();
    parts.push(part);
  });
  try {
    // In small pieces, so that the limit is met before much has been unpacked.
    for (let at = 0; at < content.length; at += 4096)
      stream.push(content.subarray(at, at + 4096), at + 4096 >= content.length);
  } catch (cause) {
    if (cause instanceof VqganClipError) throw cause;
    throw new VqganClipError("BAD_IMAGE", "readPngText(): a compressed text is damaged", undefined, { cause });
  }
  return concatenate(parts);
}

function decodeUtf8(keyword: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new VqganClipError("BAD_IMAGE", `readPngText(): the text "${keyword}" is not UTF-8`, undefined, { cause });
  }
}

/** True Latin-1: the decoder of that name in browsers is Windows-1252. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

function tooLong(): VqganClipError {
  return new VqganClipError("OUT_OF_LIMITS", `readPngText(): the file carries more than ${TEXT_LIMIT} bytes of text`);
}
