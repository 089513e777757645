/** The inputs of the fuzz suite: any one told again by seed and number; those that once failed; those made by hand. */
import { readdir, readFile } from "node:fs/promises";
import { Random } from "../../src/core/random.js";
import { fixturePath } from "../support/fixtures.js";
import { handMade } from "./hand-made.js";
import { mutatedBytes } from "./mutate.js";
import { type Target, targets } from "./targets.js";

export interface Input {
  /** Tells it again: `SEED:NUMBER target`, or a file or case by its name. */
  readonly label: string;
  readonly target: Target;
  readonly bytes: Uint8Array;
}

/** Inputs that failed once: `<target>--<what>` in test/fixtures/fuzz. */
const KEPT = "fuzz";

/** Mutations of the targets' seeds, the targets in turn. */
export async function mutations(seed: number): Promise<(number: number) => Input> {
  const seeds = await Promise.all(targets.map((target) => target.seeds()));
  return (number) => {
    const random = new Random(seed).split(`input ${number}`);
    const turn = number % targets.length;
    const target = targets[turn] as Target;
    const valid = seeds[turn] as Uint8Array[];
    const one = valid[random.integer(valid.length)] as Uint8Array;
    const other = valid[random.integer(valid.length)] as Uint8Array;
    const mutate = target.mutate && random.chance(0.6) ? target.mutate : mutatedBytes;
    return { label: `${seed}:${number} ${target.name}`, target, bytes: mutate(random, one, other) };
  };
}

/** Every valid input, every input that failed once and every one made by hand. */
export async function knownInputs(): Promise<Input[]> {
  const valid = await Promise.all(
    targets.map(async (target) =>
      (await target.seeds()).map((bytes, i): Input => ({ label: `valid ${target.name} ${i}`, target, bytes })),
    ),
  );
  const names = (await readdir(fixturePath(KEPT)).catch(() => [])).sort(); // none failed yet: no folder
  const kept = names.map(async (name): Promise<Input> => {
    const bytes = Uint8Array.from(await readFile(fixturePath(`${KEPT}/${name}`)));
    return { label: name, target: targetNamed(name.split("--")[0] as string), bytes };
  });
  const made = handMade().map(([name, bytes]) => ({
    label: name,
    target: targetNamed(name.split("--")[0] as string),
    bytes,
  }));
  return [...valid.flat(), ...(await Promise.all(kept)), ...made];
}

function targetNamed(name: string): Target {
  const target = targets.find((candidate) => candidate.name === name);
  if (!target) throw new Error(`fuzz: no target is named "${name}": ${targets.map((each) => each.name).join(", ")}`);
  return target;
}
