/** Generators that are named with their options: a kind, a colon, and `name=value` joined by commas. */
import { type Colour, colourOfHex } from "../core/colour.js";
import { requires } from "../core/errors.js";

type Value = string | number;
export type Fields<Options> = { readonly [Name in keyof Required<Options>]: Value };

/**
 * The options that a text tells. What has a number for its default is read as one.
 *
 * @param kind for messages, such as `strokes`
 * @throws BAD_ARGUMENT on fields that cannot be read or are there twice
 */
export function readFields<Options>(kind: string, text: string, defaults: Fields<Options>, example: string): Options {
  const options: Record<string, Value> = {};
  for (const field of text.split(",")) {
    const [key = "", value = "", ...more] = field.split("=").map((part) => part.trim());
    requires(
      key !== "" && value !== "" && more.length === 0,
      "BAD_ARGUMENT",
      () => `${kind}: "${field}" is no name=value`,
      `write ${example}; known: ${Object.keys(defaults).join(", ")}`,
    );
    requires(!(key in options), "BAD_ARGUMENT", () => `${kind}: ${key} is there twice`, "leave one out");
    options[key] = typeof defaults[key as keyof Options] === "number" ? Number(value) : value;
  }
  return options as Options;
}

/** What differs from the defaults, in one order and one spelling: `count=32,ink=black`; empty where nothing does. */
export function toldFields<Options extends object>(options: Options, defaults: Fields<Options>): string {
  return (Object.keys(defaults) as (keyof Options)[])
    .map((key) => [String(key), spelt((options[key] as Value | undefined) ?? defaults[key])] as const)
    .filter(([key, value]) => value !== spelt(defaults[key as keyof Options]))
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

function spelt(value: Value): string {
  const text = String(value).toLowerCase().replace(/^#/, "");
  return Object.keys(colourNames).find((name) => colourNames[name] === text) ?? text;
}

/** Whether an option is `on`. @throws BAD_ARGUMENT unless it is `on` or `off` */
export function isOn(kind: string, name: string, value: string): boolean {
  requires(value === "on" || value === "off", "BAD_ARGUMENT", () => `${kind}: ${name} is on or off, got ${value}`);
  return value === "on";
}

const colourNames: Readonly<Record<string, string>> = { black: "000000", white: "ffffff" };

/**
 * A colour in 0..1 from six hexadecimal digits, `black` or `white`.
 *
 * @param also what else it may be, for messages
 * @throws BAD_ARGUMENT
 */
export function colourOf(kind: string, name: string, text: string, also = ""): Colour {
  const lower = String(text).toLowerCase();
  const colour = colourOfHex(colourNames[lower] ?? lower);
  requires(
    colour,
    "BAD_ARGUMENT",
    () => `${kind}: ${name} is ${also}black, white or six hexadecimal digits, got ${text}`,
  );
  return colour;
}
