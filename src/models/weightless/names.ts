/** Generators without weights, by the names that stand in the place of a folder's. */
import type { Generator } from "../generator.js";
import { fft } from "./fft.js";
import { pixels } from "./pixels.js";

export const weightless: ReadonlyMap<string, Generator> = new Map([pixels, fft].map((each) => [each.name, each]));
