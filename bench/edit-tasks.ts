/** What the editing benchmark asks for: composed scenes whose edit is known, so that what is true of it can be pasted. */
import { NDArray } from "../src/core/ndarray.js";
import { Random } from "../src/core/random.js";
import { ground, type IconSheet, openIcons, type Placed, SIDE, twoPlaces } from "../test/support/scenes.js";

/** Of an object into another, of an object's colour, of the weather around it (the paper's section 4). */
export const taskKinds = ["object", "colour", "weather"] as const;
export type TaskKind = (typeof taskKinds)[number];

export interface EditTask {
  readonly kind: TaskKind | "query";
  /** [3,H,W] in 0..1 */
  readonly picture: NDArray;
  /** What it shows, and what it is to show. */
  readonly source: string;
  readonly target: string;
  /** What else the judge might read in the picture. */
  readonly others: readonly string[];
  /** uint8 [H,W]: white where the edit is; absent where nobody knows */
  readonly mask?: NDArray;
  /** The picture with the true edit pasted in: no method can do better; absent where nobody knows. */
  readonly paste?: NDArray;
  /** Other pictures of what is asked for. */
  readonly real: readonly NDArray[];
}

const colours = { red: [0.86, 0.15, 0.15], green: [0.22, 0.64, 0.25], blue: [0.16, 0.42, 0.86], purple: [0.52, 0.25, 0.72] }; // biome-ignore format: one table
const weathers = { "at night": night, "in a blue sky": sky } as const;
/** Pixels around a changed object that belong to the edit. */
const EDGE = 2;
/** Pictures of a target that are not the scene itself. */
const REALS = 4;

/** The first `count` tasks of a seed, of each kind in turn. */
export async function editTasks(count: number, seed: number, kinds: readonly TaskKind[]): Promise<EditTask[]> {
  const icons = await openIcons();
  const tasks: EditTask[] = [];
  for (let i = 0; i < count; i++) {
    const random = new Random(seed).split(`edit ${i}`);
    tasks.push(await makers[kinds[i % kinds.length] as TaskKind](icons, random));
  }
  return tasks;
}

type Maker = (icons: IconSheet, random: Random) => Promise<EditTask>;

const makers: Readonly<Record<TaskKind, Maker>> = {
  object: async (icons, random) => {
    const [from, to, beside] = differentIcons(icons, random);
    const draw = (icon: number, at: Scene) => scene(icons, at, { icon });
    const own = layout(random, beside);
    const [before, after] = [await draw(from, own), await draw(to, own)];
    const [source, target] = [from, to].map((icon) => withArticle(icons.phrases[icon] as string)) as [string, string];
    const others = icons.phrases.filter((_, icon) => icon !== to && icon !== beside).map(withArticle);
    const real = await reals(random, (at) => draw(to, at), icons);
    const mask = changed(before, after, EDGE);
    return { kind: "object", picture: before, source, target, others, mask, paste: after, real };
  },
  colour: async (icons, random) => {
    const [icon, , beside] = differentIcons(icons, random);
    const names = Object.keys(colours) as (keyof typeof colours)[];
    const phrase = plain(icons.phrases[icon] as string);
    const name = names[random.integer(names.length)] as keyof typeof colours;
    const draw = (at: Scene) => scene(icons, at, { icon, tint: colours[name] });
    const own = layout(random, beside);
    const before = await scene(icons, own, { icon });
    const after = await draw(own);
    const of = (colour: string) => withArticle(`${colour} ${phrase}`);
    const others = names.filter((other) => other !== name).map(of);
    const real = await reals(random, draw, icons);
    return { kind: "colour", picture: before, source: withArticle(phrase), target: of(name), others, mask: changed(before, after, EDGE), paste: after, real }; // biome-ignore format: one task
  },
  weather: async (icons, random) => {
    const [icon, , beside] = differentIcons(icons, random);
    const names = Object.keys(weathers) as (keyof typeof weathers)[];
    const name = names[random.integer(names.length)] as keyof typeof weathers;
    const phrase = withArticle(icons.phrases[icon] as string);
    const draw = (at: Scene) => scene(icons, { ...at, pixels: weathers[name](random) }, { icon });
    const own = layout(random, beside);
    const before = await scene(icons, own, { icon });
    const after = await draw(own);
    const others = names.filter((other) => other !== name).map((other) => `${phrase} ${other}`);
    const real = await reals(random, draw, icons);
    const mask = changed(before, after, 0);
    return { kind: "weather", picture: before, source: phrase, target: `${phrase} ${name}`, others, mask, paste: after, real }; // biome-ignore format: one task
  },
};

/** Where two icons lie on which ground; which one lies beside. */
interface Scene {
  readonly places: readonly [Placed, Placed];
  readonly pixels: Float32Array;
  readonly beside: number;
}

function layout(random: Random, beside: number): Scene {
  return { places: twoPlaces(random), pixels: ground(random), beside };
}

async function scene(
  icons: IconSheet,
  { places, pixels, beside }: Scene,
  what: { icon: number; tint?: readonly number[] },
) {
  const drawn = Float32Array.from(pixels);
  await icons.paste(drawn, what.icon, places[0], what.tint);
  await icons.paste(drawn, beside, places[1]);
  return NDArray.float32([3, SIDE, SIDE], drawn);
}

async function reals(random: Random, draw: (at: Scene) => Promise<NDArray>, icons: IconSheet): Promise<NDArray[]> {
  const pictures: NDArray[] = [];
  for (let i = 0; i < REALS; i++) {
    pictures.push(await draw(layout(random, random.integer(icons.phrases.length))));
  }
  return pictures;
}

/** Three icons, none of them twice. */
function differentIcons({ phrases }: IconSheet, random: Random): [number, number, number] {
  const left = [...phrases.keys()];
  const draw = () => left.splice(random.integer(left.length), 1)[0] as number;
  return [draw(), draw(), draw()];
}

const withArticle = (phrase: string): string => `${/^[aeiou]/.test(phrase) ? "an" : "a"} ${phrase}`;
const plain = (phrase: string): string => phrase.replace(/^(red|green|blue|purple) /, "");

/** A mask that is white where two pictures differ, and `edge` pixels around. */
function changed(before: NDArray, after: NDArray, edge: number): NDArray {
  const mask = new Uint8Array(SIDE * SIDE);
  const [old, fresh] = [before.floats(), after.floats()];
  old.forEach((value, i) => {
    if (value === fresh[i]) return;
    const [y, x] = [Math.floor((i % mask.length) / SIDE), i % SIDE];
    for (let row = Math.max(0, y - edge); row <= Math.min(SIDE - 1, y + edge); row++) {
      mask.fill(255, row * SIDE + Math.max(0, x - edge), row * SIDE + Math.min(SIDE - 1, x + edge) + 1);
    }
  });
  return new NDArray("uint8", [SIDE, SIDE], mask);
}

/** Dark blue with stars: [3*128*128] in 0..1. */
function night(random: Random): Float32Array {
  const pixels = shaded([0.03, 0.04, 0.16], [0.12, 0.14, 0.36]);
  for (let i = 0; i < 40; i++) {
    const at = random.integer(SIDE * SIDE);
    for (const [channel, value] of [1, 0.97, 0.8].entries()) pixels[channel * SIDE * SIDE + at] = value;
  }
  return pixels;
}

function sky(): Float32Array {
  return shaded([0.3, 0.6, 0.95], [0.75, 0.9, 1]);
}

/** From one colour at the upper edge to another at the lower. */
function shaded(above: readonly number[], below: readonly number[]): Float32Array {
  return Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
    const [channel, share] = [Math.floor(i / (SIDE * SIDE)), Math.floor((i % (SIDE * SIDE)) / SIDE) / (SIDE - 1)];
    return (above[channel] as number) * (1 - share) + (below[channel] as number) * share;
  });
}
