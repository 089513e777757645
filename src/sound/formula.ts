/** Formulas of a sound's tracks, such as `bass*0.8+0.2`: numbers, names, + - * / and brackets. */
import { requires, VqganClipError } from "../core/errors.js";
import { type TrackName, type Tracks, trackNames } from "./tracks.js";

export const FORMULA_FORM = `numbers and ${trackNames.join(", ")} joined by + - * / and brackets, such as bass*0.8+0.2`;

/** Its value in a frame. */
export type Formula = (tracks: Tracks, frame: number) => number;

const TOKEN = /\s*(?:(\d+(?:\.\d*)?|\.\d+)|([a-z]+)|([-+*/()]))/iy;
const MOST = 200;

/** @throws BAD_ARGUMENT naming what is not understood, and what may be written */
export function parseFormula(text: string): Formula {
  const tokens = tokensOf(text);
  let at = 0;
  const fail = (): never =>
    complain(text, tokens[at] === undefined ? "it ends too early" : `"${tokens[at]}" is in its way`);
  const sum = (): Formula => {
    let left = product();
    while (tokens[at] === "+" || tokens[at] === "-") {
      const [sign, a, b] = [tokens[at++] === "+" ? 1 : -1, left, product()];
      left = (tracks, frame) => a(tracks, frame) + sign * b(tracks, frame);
    }
    return left;
  };
  const product = (): Formula => {
    let left = factor();
    while (tokens[at] === "*" || tokens[at] === "/") {
      const [divides, a, b] = [tokens[at++] === "/", left, factor()];
      left = (tracks, frame) => (divides ? a(tracks, frame) / b(tracks, frame) : a(tracks, frame) * b(tracks, frame));
    }
    return left;
  };
  const factor = (): Formula => {
    const token = tokens[at++];
    if (token === "-") {
      const negated = factor();
      return (tracks, frame) => -negated(tracks, frame);
    }
    if (token === "(") {
      const inner = sum();
      if (tokens[at++] !== ")") {
        at--;
        fail();
      }
      return inner;
    }
    if (token !== undefined && isTrack(token)) return (tracks, frame) => tracks[token][frame] as number;
    const value = Number(token);
    if (token !== undefined && /^[\d.]/.test(token)) return () => value;
    at--;
    return fail();
  };
  const formula = sum();
  if (at < tokens.length) fail();
  return formula;
}

/** Whether a text means to be a formula: it names a track. */
export function namesTrack(text: string): boolean {
  return new RegExp(`\\b(?:${trackNames.join("|")})\\b`).test(text);
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const from = TOKEN.lastIndex;
    const token = TOKEN.exec(text)?.slice(1).find(Boolean);
    if (token === undefined) return complain(text, `"${text.slice(from).trim()[0]}" is in its way`);
    if (/^[a-z]/i.test(token) && !isTrack(token)) return complain(text, `"${token}" is no name`);
    tokens.push(token);
  }
  requires(tokens.length <= MOST, "BAD_ARGUMENT", () => `formula: ${tokens.length} parts, at most ${MOST} are read`);
  return tokens;
}

const isTrack = (token: string): token is TrackName => (trackNames as readonly string[]).includes(token);

function complain(text: string, why: string): never {
  throw new VqganClipError("BAD_ARGUMENT", `formula: "${text.trim().slice(0, 80)}": ${why}`, `write ${FORMULA_FORM}`);
}
