/** The process that reads the inputs. It says which before it begins, so that whoever watches knows what hung or crashed. */
import { VqganClipError } from "../../src/core/errors.js";
import { type Input, knownInputs, mutations } from "./inputs.js";

export interface Order {
  readonly seed: number;
  /** The first mutation's number; 0 begins with the known inputs. */
  readonly first: number;
  readonly count: number;
  /** Ends earlier, at this time in milliseconds since 1970. */
  readonly until?: number;
}

export type Message =
  | { readonly kind: "begins"; readonly label: string; readonly number: number }
  | { readonly kind: "fails"; readonly label: string; readonly what: string }
  | { readonly kind: "done"; readonly inputs: number; readonly read: number; readonly peakBytes: number };

const MOST_SECONDS = 2; // of the processor: other programs may be at work too
const MOST_BYTES = 1e9;
/** An error's own words: names out of files are cut. */
const MOST_TEXT = 4000;

const prototypes = [Object, Array, Map, Set, Function, String, Number, RegExp, Error, Promise, Uint8Array, Date].map(
  (type) => type.prototype as object,
);

/** Every property of the built-in prototypes, and what it is. */
function fingerprint(): unknown[] {
  return prototypes.flatMap((prototype) =>
    Reflect.ownKeys(prototype).flatMap((key) => {
      const { value, get, set } = Object.getOwnPropertyDescriptor(prototype, key) ?? {};
      return [key, value, get, set];
    }),
  );
}

const untouched = fingerprint();
const tell = (message: Message) => new Promise<void>((sent) => process.send?.(message, () => sent()));
let peakBytes = 0;

/** What is wrong with how an input was read; undefined when it was read, or refused in the right way. */
async function faultOf({ target, bytes }: Input): Promise<{ fault?: string; read: boolean }> {
  const before = process.cpuUsage();
  let thrown: unknown;
  try {
    await target.read(bytes);
  } catch (error) {
    thrown = error ?? new Error("threw nothing");
  }
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  const peak = 1024 * process.resourceUsage().maxRSS;
  const grew = peak > Math.max(peakBytes, MOST_BYTES);
  peakBytes = Math.max(peak, peakBytes);
  const faults = [
    thrown !== undefined && !(thrown instanceof VqganClipError) && `threw ${(thrown as Error)?.stack ?? thrown}`,
    thrown instanceof VqganClipError && `${thrown.message}${thrown.hint}`.length > MOST_TEXT && "an endless message",
    seconds > MOST_SECONDS && `took ${seconds.toFixed(1)} s`,
    grew && `took ${(peak / 1e9).toFixed(2)} GB`,
    !isSame(fingerprint(), untouched) && "touched a prototype",
  ];
  const fault = faults.filter(Boolean).join("; ");
  return { ...(fault && { fault }), read: thrown === undefined };
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}

async function main({ seed, first, count, until }: Order): Promise<void> {
  const mutation = await mutations(seed);
  const known = first === 0 ? await knownInputs() : [];
  let [inputs, read] = [0, 0];
  const take = async (input: Input, number: number) => {
    await tell({ kind: "begins", label: input.label, number });
    const result = await faultOf(input);
    inputs++;
    if (result.read) read++;
    if (!result.fault) return;
    await tell({ kind: "fails", label: input.label, what: result.fault.slice(0, 3000) });
  };
  for (const input of known) await take(input, -1);
  for (let number = first; number < first + count && !(until && Date.now() > until); number++) {
    await take(mutation(number), number);
  }
  await tell({ kind: "done", inputs, read, peakBytes });
}

process.once("disconnect", () => process.exit()); // nobody watches any more
await main(JSON.parse(process.argv[2] as string) as Order);
process.disconnect();
