/** Bytes by pixel, as decoders give them, to numbers by channel. Works in browsers too. */
import { NDArray } from "../core/ndarray.js";

/** `data` holds `channels` bytes for each pixel, row by row: grey or red, green, blue, and what lies behind them. */
export interface PixelBytes {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** A picture float32 [3,H,W] in 0..1; what lies behind the colours is left out. */
export function planesOf(pixels: PixelBytes): NDArray {
  return shares(pixels, () => 1);
}

/**
 * A mask as a picture [3,H,W] in 0..1: paint times opacity, the last channel, so that what was drawn on a transparent layer
 * counts and the layer does not. An opacity that is the same everywhere says nothing.
 */
export function drawnPlanesOf(pixels: PixelBytes): NDArray {
  const { data, channels } = pixels;
  const last = channels - 1;
  const varies = data.some((value, i) => i % channels === last && value !== data[last]);
  return shares(pixels, varies ? (i) => (data[i * channels + last] as number) / 255 : () => 1);
}

function shares({ data, width, height, channels }: PixelBytes, share: (pixel: number) => number): NDArray {
  const count = width * height;
  const planes = new Float32Array(3 * count);
  for (let channel = 0; channel < 3; channel++) {
    const from = channels < 3 ? 0 : channel; // a grey picture has one colour
    for (let i = 0; i < count; i++) {
      planes[channel * count + i] = ((data[i * channels + from] as number) / 255) * share(i);
    }
  }
  return NDArray.float32([3, height, width], planes);
}
