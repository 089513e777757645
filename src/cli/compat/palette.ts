/** Colours as pixray writes them: `[red,#00ff00]`, `blue->white\8`, joined by `;`. */
import { HEX_COLOUR } from "../../core/colour.js";

/** Its plain names, as the survey of colour names that it looks them up in has them. */
const named: Readonly<Record<string, string>> = {
  black: "000000",
  white: "ffffff",
  grey: "929591",
  gray: "929591",
  red: "e50000",
  orange: "f97306",
  yellow: "ffff14",
  green: "15b01a",
  cyan: "00ffff",
  teal: "029386",
  blue: "0343df",
  purple: "7e1e9c",
  magenta: "c20078",
  pink: "ff81c0",
  brown: "653700",
};
/** Steps of a range that says none. */
const STEPS = 16;

/** Six hexadecimal digits; undefined where the name is not known here. */
export function pixrayColour(text: string): string | undefined {
  const name = text.trim().toLowerCase();
  return name.startsWith("#") && HEX_COLOUR.test(name) ? name.slice(1) : named[name];
}

/** The colours of a palette, each once; undefined where it names a file, or a colour that is not known here. */
export function pixrayPalette(text: string): string[] | undefined {
  const colours = text.split(";").map((part) => coloursOf(part.trim()));
  return colours.includes(undefined) ? undefined : [...new Set(colours.flat() as string[])];
}

function coloursOf(part: string): string[] | undefined {
  const [spelt = "", steps] = part.split("\\");
  const listed = /^\[(.*)\]$/.exec(spelt)?.[1];
  const names = listed === undefined ? spelt.split("->") : listed.split(",");
  if (listed === undefined && names.length === 1) names.unshift("black"); // one colour is a range from black
  const colours = names.map(pixrayColour);
  if (colours.includes(undefined)) return undefined;
  if (listed !== undefined && steps === undefined) return colours as string[];
  const count = Number(steps ?? STEPS);
  return Number.isInteger(count) && count >= 2 ? between(colours as string[], count) : undefined;
}

/** So many colours, evenly from the first through all to the last. */
function between(colours: readonly string[], count: number): string[] {
  const rgb = (colour: string) => [0, 2, 4].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return Array.from({ length: count }, (_, i) => {
    const place = (i / (count - 1)) * (colours.length - 1);
    const before = Math.min(Math.floor(place), Math.max(0, colours.length - 2));
    const [low, high] = [colours[before] as string, (colours[before + 1] ?? colours[before]) as string].map(rgb);
    const mixed = (low as number[]).map(
      (value, c) => value + (place - before) * (((high as number[])[c] as number) - value),
    );
    return mixed.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("");
  });
}
