/** WAV files: what they hold, as one channel of numbers. */
import { requires, VqganClipError } from "../core/errors.js";

/** One channel of sound. */
export interface Sound {
  /** Samples a second */
  readonly rate: number;
  /** -1..1; of several channels the mean */
  readonly samples: Float32Array;
}

/** Seconds that are read at most. */
const LONGEST = 3600;
const MOST_CHANNELS = 32;

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

interface Format {
  readonly kind: number;
  readonly channels: number;
  readonly rate: number;
  readonly bits: number;
}

/** Whether bytes begin as a WAV file does. */
export function isWav(bytes: Uint8Array): boolean {
  return bytes.length >= 12 && tag(bytes, 0) === "RIFF" && tag(bytes, 8) === "WAVE";
}

/**
 * Whole numbers of 8, 16, 24 and 32 bits and floats of 32 and 64 bits, up to an hour. A `data` part that is longer than the file, as
 * programs leave it that write as they go, ends with the file.
 *
 * @param name what to call it in messages
 * @throws BAD_FILE when it is no WAV file, of another coding, or holds no sound; OUT_OF_LIMITS
 */
export function readWav(bytes: Uint8Array, name: string): Sound {
  requires(isWav(bytes), "BAD_FILE", () => `${name}: no WAV file`, "one begins with RIFF and WAVE");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: Format | undefined;
  let at = 12;
  while (at + 8 <= bytes.length) {
    const id = tag(bytes, at);
    const size = view.getUint32(at + 4, true);
    const from = at + 8;
    if (id === "fmt ") {
      requires(size >= 16 && from + size <= bytes.length, "BAD_FILE", () => `${name}: its format is cut off`);
      format = formatAt(view, from, size);
    } else if (id === "data") {
      requires(format, "BAD_FILE", () => `${name}: sound comes before its format`);
      return soundOf(view, from, Math.min(size, bytes.length - from), format, name);
    }
    at = from + size + (size % 2);
  }
  throw new VqganClipError("BAD_FILE", `${name}: holds no sound`, "its data part is missing: the file may be cut off");
}

function formatAt(view: DataView, at: number, size: number): Format {
  const kind = view.getUint16(at, true);
  return {
    kind: kind === EXTENSIBLE && size >= 26 ? view.getUint16(at + 24, true) : kind,
    channels: view.getUint16(at + 2, true),
    rate: view.getUint32(at + 4, true),
    bits: view.getUint16(at + 14, true),
  };
}

function soundOf(view: DataView, from: number, size: number, format: Format, name: string): Sound {
  const { kind, channels, rate, bits } = format;
  const read = reader(kind, bits);
  requires(
    read,
    "BAD_FILE",
    () => `${name}: sound coded as ${kind} with ${bits} bits is not read`,
    "whole numbers of 8 to 32 bits and floats are; ffmpeg converts: ffmpeg -i IN -c:a pcm_s16le OUT.wav",
  );
  requires(
    channels >= 1 && channels <= MOST_CHANNELS && rate >= 1000 && rate <= 768_000,
    "BAD_FILE",
    () => `${name}: ${channels} channels at ${rate} samples a second`,
    `1 to ${MOST_CHANNELS} channels at 1000 to 768000 are read`,
  );
  const stride = bits / 8;
  const count = Math.floor(size / (stride * channels));
  requires(count > 0, "BAD_FILE", () => `${name}: holds no sound`);
  requires(
    count <= LONGEST * rate,
    "OUT_OF_LIMITS",
    () => `${name}: ${Math.round(count / rate)} seconds of sound, at most ${LONGEST} are read`,
    "cut it: ffmpeg -i IN -t 600 OUT.wav",
  );
  const samples = new Float32Array(count);
  for (let i = 0, at = from; i < count; i++) {
    let total = 0;
    for (let channel = 0; channel < channels; channel++, at += stride) total += read(view, at);
    samples[i] = total / channels;
  }
  requires(samples.every(Number.isFinite), "BAD_FILE", () => `${name}: holds numbers that are not finite`);
  return { rate, samples };
}

type Read = (view: DataView, at: number) => number;

function reader(kind: number, bits: number): Read | undefined {
  const whole: Readonly<Record<number, Read>> = {
    8: (view, at) => (view.getUint8(at) - 128) / 128,
    16: (view, at) => view.getInt16(at, true) / 2 ** 15,
    24: (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23,
    32: (view, at) => view.getInt32(at, true) / 2 ** 31,
  };
  const float: Readonly<Record<number, Read>> = {
    32: (view, at) => view.getFloat32(at, true),
    64: (view, at) => view.getFloat64(at, true),
  };
  return kind === PCM ? whole[bits] : kind === FLOAT ? float[bits] : undefined;
}

function tag(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
