/** What of a studio is its platform's: the models and what runs them, the files of sessions, pictures as bytes. */
import type { NDArray } from "../core/ndarray.js";
import type { RunModels } from "../guidance/run-state.js";
import type { DecodeOptions } from "../image/decode-options.js";
import type { ModelPair } from "../pair/model-pair.js";
import type { OpenRequest } from "../pair/requests.js";
import type { RunningPicture } from "../pair/running-picture.js";
import type { SessionRecord } from "./record.js";

/** What requests bring pictures as. */
export type Source = Uint8Array | NDArray;

/** A run of the platform's own kind. */
export type ServedRun = RunningPicture<Source> & { toPNG(): Promise<Uint8Array> };

type Pair = RunModels &
  Pick<
    ModelPair<Source, ServedRun>,
    "create" | "edit" | "resolve" | "identities" | "findMask" | "textNotices" | "keepPrograms"
  >;

/** Files of a session beside its previews. */
export type SessionFileName =
  | ("record.json" | "session.vqclip" | "picture.png")
  // what came with its request
  | ("image" | "mask" | "start" | `prompt-${number}` | `source-${number}`)
  // a film's finished frames, by their node and number
  | `frame-${number}-${number}.png`;

/** What a film can be written as; all but the first by a program that may not be there. */
export const filmFormats = ["webp", "mp4", "webm"] as const;
export type FilmFormat = (typeof filmFormats)[number];

/** Writes frames as one file. */
export interface FilmWriter {
  /** What can be written now. */
  formats(): Promise<readonly FilmFormat[]>;
  /** @param frames PNGs of one size @param fps frames a second @throws IO_FAILED, OUT_OF_LIMITS */
  write(frames: AsyncIterable<Uint8Array>, format: FilmFormat, fps: number): Promise<Uint8Array>;
}

/** Where sessions lie; each file is written whole or not at all. */
export interface SessionStore {
  /** A new session's id, which nobody guesses. */
  newId(): string;
  /** All sessions there are, and what of them is damaged. */
  all(): Promise<{ readonly records: SessionRecord[]; readonly damaged: readonly string[] }>;
  /** A place for a session's files. */
  make(id: string): Promise<void>;
  write(id: string, name: SessionFileName, bytes: Uint8Array): Promise<void>;
  writeRecord(record: SessionRecord): Promise<void>;
  /** Undefined when there is no such file. */
  read(id: string, name: SessionFileName): Promise<Uint8Array | undefined>;
  has(id: string, name: SessionFileName): Promise<boolean>;
  writePreview(id: string, node: number, step: number, bytes: Uint8Array): Promise<void>;
  readPreview(id: string, node: number, step: number): Promise<Uint8Array | undefined>;
  removePreview(id: string, node: number, step: number): Promise<void>;
  /** Where the page finds a preview that was written. */
  previewUrl(id: string, node: number, step: number): string;
  /** Where it finds a picture that a session is to be near, 1 for the first. */
  promptImageUrl(id: string, number: number): string;
  /** Into the bin, whole. */
  discard(id: string): Promise<void>;
  /** Out of the bin. @throws NOT_FOUND */
  restore(id: string): Promise<SessionRecord>;
  /** Of a session in the bin; undefined when there is none. */
  binned(id: string): Promise<SessionRecord | undefined>;
  /** Ids of the sessions in the bin. */
  bin(): Promise<string[]>;
  /** Out of the bin, for good. */
  erase(id: string): Promise<void>;
  /** Bytes of each session's files, the bin included. */
  sizes(): Promise<ReadonlyMap<string, number>>;
  /** Milliseconds for which sizes are to be held: where others write too, all of it is looked at anew each time. */
  readonly sizesHold: number;
  close(): Promise<void>;
}

export interface Platform {
  readonly vq: Pair;
  readonly store: SessionStore;
  /** Where runs run, for people. */
  readonly runsOn: { readonly device: string; readonly threads: number | undefined };
  /** Writes the session of a run into the store. @throws IO_FAILED */
  save(id: string, run: ServedRun): Promise<void>;
  /** The run of a session in the store. @throws BAD_FILE, BAD_MODEL, BAD_ARGUMENT, BAD_PROMPT */
  open(id: string, request: OpenRequest): Promise<ServedRun>;
  /** Numbers [3,H,W] in 0..1 of a picture file. @throws BAD_IMAGE, OUT_OF_LIMITS */
  decode(bytes: Uint8Array, name: string, options: DecodeOptions): Promise<NDArray>;
  /** A picture [3,H,W] in 0..1 as a small file to be looked at. */
  encodePreview(picture: NDArray): Promise<Uint8Array>;
  /** Previews as one that moves, each shown for so many milliseconds; undefined where the platform writes none. */
  readonly animated?: (frames: readonly Uint8Array[], delays: readonly number[]) => Promise<Uint8Array>;
  /** Undefined where the platform writes none. */
  readonly films?: FilmWriter;
  /** Bytes of memory that are free for a run. */
  availableBytes(): number;
  /** Ends what runs its programs. */
  close(): void;
}
