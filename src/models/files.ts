/** Where a model's files lie, on disk or on a web server: all that telling its form and reading it takes. */
import { requires, VqganClipError } from "../core/errors.js";
import { requireNotMistaken } from "../core/mistaken-file.js";
import { decodeText } from "../core/text.js";
import type { ByteSource } from "../weights/byte-source.js";

/** A folder that may not be there. Files are named as in it, those of folders in it by `folder`. */
export interface Files {
  /** Its path or address, for messages. */
  readonly path: string;
  /** Its last part: what a model in it is called. */
  readonly name: string;
  /** The path or address of one of its files. */
  pathOf(file: string): string;
  folder(name: string): Files;
  /** What it holds, sorted; undefined when it is not there, or where names can only be asked for, as on web servers. */
  list(): Promise<readonly string[] | undefined>;
  has(file: string): Promise<boolean>;
  /** Random access to a file; undefined when it is not there. @throws IO_FAILED, ABORTED */
  open(file: string): Promise<ByteSource | undefined>;
  /** Of a whole file that is there, in lower-case hexadecimal. @throws IO_FAILED */
  sha256(file: string): Promise<string>;
}

/** What a path or address names: a folder, or a file in one. */
export interface Place {
  /** As it was given, for messages. */
  readonly path: string;
  readonly files: Files;
  /** Undefined where the folder itself is meant. */
  readonly file?: string;
}

const TEXT_LIMIT = 100e6;

/** The text of a configuration. @throws BAD_MODEL when it is not there or no text, BAD_FILE when it is empty or a web page, OUT_OF_LIMITS */
export async function readText(files: Files, name: string, what: string): Promise<string> {
  return textOf(await needed(files, name, what));
}

/** The content of a JSON file. @throws BAD_MODEL when it is not there or no JSON, OUT_OF_LIMITS */
export async function readJson(files: Files, name: string, what: string): Promise<unknown> {
  return parsedJson(await needed(files, name, what));
}

/** The same of a file that a model may lack. @throws BAD_MODEL when it is no JSON, OUT_OF_LIMITS */
export async function readJsonIfThere(files: Files, name: string): Promise<unknown> {
  const source = await files.open(name);
  return source && parsedJson(source);
}

/** The first of `names` that is there; asked one after the other, since the first is the usual one. */
export async function firstThere(files: Files, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) if (await files.has(name)) return name;
  return undefined;
}

/** A name without its ending. */
export function stemOf(name: string): string {
  return name.replace(/\.[^.]+$/, "");
}

/** @throws BAD_MODEL when it is not there; IO_FAILED, ABORTED */
export async function needed(files: Files, name: string, what: string): Promise<ByteSource> {
  const source = await files.open(name);
  requires(source, "BAD_MODEL", () => `${files.pathOf(name)}: no such file; ${what} needs it`);
  return source;
}

async function textOf(source: ByteSource): Promise<string> {
  requires(
    source.size <= TEXT_LIMIT,
    "OUT_OF_LIMITS",
    () => `${source.name}: ${source.size} bytes are too many for a configuration`,
  );
  const bytes = await source.read(0, source.size);
  requireNotMistaken(source.name, bytes);
  return decodeText(bytes, source.name, "BAD_MODEL");
}

async function parsedJson(source: ByteSource): Promise<unknown> {
  const text = await textOf(source);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new VqganClipError("BAD_MODEL", `${source.name}: not JSON: ${(cause as Error).message}`, undefined, {
      cause,
    });
  }
}
