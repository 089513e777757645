/** Colours as numbers, and as six hexadecimal digits. */

/** Each in 0..1. */
export type Colour = readonly [red: number, green: number, blue: number];

/** `#` may be left out. */
export const HEX_COLOUR = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i;

/** @returns undefined where the text is no six hexadecimal digits */
export function colourOfHex(text: string): Colour | undefined {
  const pairs = HEX_COLOUR.exec(text)?.slice(1);
  return pairs?.map((pair) => Number.parseInt(pair, 16) / 255) as unknown as Colour | undefined;
}

/** `#rrggbb`, lower case. */
export function hexOf(colour: Colour): string {
  const digits = colour.map((part) =>
    Math.round(part * 255)
      .toString(16)
      .padStart(2, "0"),
  );
  return `#${digits.join("")}`;
}
