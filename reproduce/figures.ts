/** The paper's figures 8, 9, 17 and 18 and its table 1, made anew from the weights at hand. */
import { availableParallelism, cpus, loadavg } from "node:os";
import sharp from "sharp";
import type { NDArray } from "../src/core/ndarray.js";
import type { Augmentation } from "../src/guidance/augmentations.js";
import { presets } from "../src/guidance/presets.js";
import { decodePicture } from "../src/image/decode.js";
import { windowOf } from "../src/image/pad.js";
import { psnr, ssim } from "../src/image/similarity.js";
import type { Rectangle } from "../src/masks/mask.js";
import type { CreateRequest } from "../src/vqgan-clip.js";
import { paperTimes, trainingHours } from "./paper-times.js";
import type { Figure, Table } from "./report.js";
import { type Made, recipeOf, type Studio } from "./studio.js";

/** Codebook sampling, z+quantise, and the latter with the regulariser: same start, cutouts, steps and seed. */
export async function figure8(studio: Studio): Promise<Figure> {
  const { regularizer } = studio.vq.resolve({ prompts: "a" }).settings;
  const weighted = regularizer.weight > 0 ? { ...regularizer, target: "zero" as const } : presets.paper.regularizer;
  const { optimizer, learningRate, latent, clampToCodebook } = presets["codebook-sampling"];
  const ways: readonly [string, Omit<CreateRequest, "prompts">][] = [
    ["codebook sampling", { optimizer, learningRate, latent, clampToCodebook }],
    ["z+quantise", {}],
    ["z+quantise, regularised", { regularizer: weighted }],
  ];
  const rows = [];
  const recipes = new Set<string>();
  for (const prompts of ["a sunflower", "a red heart"]) {
    const row = [];
    for (const [title, way] of ways) {
      const made = await studio.fromCodes(`figure 8: ${prompts}, ${title}`, { prompts, ...way });
      const { picture } = made;
      recipes.add(`${recipeOf(made)} (${title})`);
      row.push({ title, picture, lines: [prompts, ...(await studio.reading(picture, prompts))] });
    }
    rows.push(row);
  }
  return {
    title: "Figure 8: what is optimised",
    about:
      "Logits of codes from which each step draws (codebook sampling), a latent quantised at each step (z+quantise), and the latter with a " +
      `pull of the latent to zero, of weight ${weighted.weight}. ${[...recipes].join("; ")}.`,
    rows,
  };
}

/** Each augmentation alone, none, and all. */
export async function figure9(studio: Studio): Promise<{ readonly figure: Figure; readonly all: Made }> {
  const prompts = "a sunflower";
  const recommended = studio.vq.resolve({ prompts }).settings.augmentations;
  const every: readonly Augmentation[] = recommended.length > 0 ? recommended : presets.paper.augmentations;
  const lists = [
    ["none", []],
    ...every.map((augmentation) => [`${augmentation.kind} alone`, [augmentation]] as const),
    ["all", every],
  ] as const;
  const cells = [];
  let all: Made | undefined;
  for (const [title, augmentations] of lists) {
    all = await studio.fromCodes(`figure 9: ${title}`, { prompts, augmentations: [...augmentations] });
    cells.push({ title, picture: all.picture, lines: await studio.reading(all.picture, prompts) });
  }
  const figure = {
    title: "Figure 9: augmentations",
    about: `"${prompts}" with each augmentation of the cutouts alone, with none, and with all of them: ${recipeOf(all as Made)}.`,
    rows: [cells.slice(0, 4), cells.slice(4)],
  };
  return { figure, all: all as Made };
}

/** A content alone, then with a style added as a second prompt. */
export async function figure17(studio: Studio): Promise<Figure> {
  const content = "a green tree";
  const row = [];
  for (const style of [undefined, "a watercolour painting", "pixel art", "black and white"]) {
    const prompts = style === undefined ? content : `${content} | ${style}`;
    const { picture } = await studio.generate(`figure 17: ${prompts}`, { prompts });
    const lines = ["content", ...(await studio.reading(picture, content))];
    if (style !== undefined) lines.push("style", ...(await studio.reading(picture, style)));
    row.push({ title: style === undefined ? content : `+ ${style}`, picture, lines });
  }
  return {
    title: "Figure 17: prompt addition",
    about: `"${content}" alone and with a style as a second prompt; the losses of both prompts add.`,
    rows: [row],
  };
}

/** A drawn scene whose apple is edited, within a mask and without one. */
export async function figure18(studio: Studio): Promise<{ readonly figure: Figure; readonly masked: Made }> {
  const [side] = studio.size;
  const scene = await drawnScene(side);
  const part = (share: number) => Math.round(share * side);
  const rect: Rectangle = [part(0.06), part(0.4), part(0.5), part(0.5)];
  const [from, to] = ["a red apple", "a green apple"];
  const seen = (picture: NDArray) => windowOf(picture, ...rect);
  const read = async (picture: NDArray) => {
    const square = seen(picture);
    return [
      `${to}, in the square`,
      ...(await studio.reading(square, to)),
      `${from}, in the square`,
      ...(await studio.reading(square, from)),
    ];
  };
  const kept = (picture: NDArray) => {
    const alike = side < 11 ? "" : `, SSIM ${ssim(scene, picture).toFixed(3)}`;
    return [`kept: PSNR ${psnr(scene, picture).toFixed(1)} dB${alike}`, `outside: ${outside(scene, picture, rect)}`];
  };
  const request = { image: scene, prompts: to, strength: 0.9 };
  const masked = await studio.edit("figure 18: masked", { ...request, rect });
  const whole = await studio.edit("figure 18: without a mask", request);
  const cells = [
    { title: "source", picture: framed(scene, rect), lines: await read(scene) },
    {
      title: "edited within the mask",
      picture: masked.picture,
      lines: [...kept(masked.picture), ...(await read(masked.picture))],
    },
    {
      title: "edited without a mask",
      picture: whole.picture,
      lines: [...kept(whole.picture), ...(await read(whole.picture))],
    },
  ];
  const figure = {
    title: "Figure 18: masked editing",
    about: `A drawn scene with ${from}, edited to "${to}" inside the square that is framed in white, and without a mask.`,
    rows: [cells],
  };
  return { figure, masked };
}

/** How long a picture takes here, beside the paper's times. */
export async function table1(studio: Studio, timed: readonly (readonly [string, Made])[]): Promise<Table> {
  const prompts = "a sunflower";
  const trial = await studio.generate("table 1: preset paper", { prompts, preset: "paper", steps: 4 });
  const { steps, cutouts } = presets.paper;
  const here = `${cpus()[0]?.model.trim() ?? "this machine"}, ${availableParallelism()} threads`;
  const shape = (made: Made) => {
    const { size, cutouts: count, steps: taken } = made.run.settings;
    return [size.join("x"), String(count), String(taken)];
  };
  return {
    title: "Table 1: time for a picture",
    about:
      "Measured while this report was made; s/step is the median. The row of preset paper is its s/step times its 400 steps. " +
      `Load average at the end: ${loadavg()[0]?.toFixed(1)}; above the number of threads, the times say little. ` +
      "The paper's: mean and standard deviation of 10 runs; trained beforehand, in V100-hours: " +
      `${Object.entries(trainingHours)
        .map(([method, hours]) => `${method} ${hours}`)
        .join(", ")}.`,
    head: ["what", "machine", "px", "cutouts", "steps", "s/step", "s"],
    rows: [
      ...timed.map(([what, made]) => [
        what,
        here,
        ...shape(made),
        made.secondsPerStep.toFixed(3),
        made.seconds.toFixed(1),
      ]),
      [
        "generate, preset paper",
        here,
        trial.run.settings.size.join("x"),
        String(cutouts),
        String(steps),
        trial.secondsPerStep.toFixed(3),
        (trial.secondsPerStep * steps).toFixed(0),
      ],
      ...paperTimes.map(({ method, machine, seconds, deviation }) => {
        const time = `${seconds.toFixed(1)} ± ${deviation.toFixed(1)}`;
        return [`the paper: ${method}`, machine, "", "", "", "", time];
      }),
    ],
  };
}

const within = ([left, top, width, height]: Rectangle, x: number, y: number): boolean =>
  x >= left && x < left + width && y >= top && y < top + height;

/** Whether two pictures are equal outside of a square, in bytes. */
function outside(before: NDArray, after: NDArray, rect: Rectangle): string {
  const [, height, width] = before.shape as [number, number, number];
  const [a, b] = [before.floats(), after.floats()];
  let [sum, count] = [0, 0];
  a.forEach((value, i) => {
    if (within(rect, i % width, Math.floor(i / width) % height)) return;
    sum += Math.abs(Math.round(255 * value) - Math.round(255 * (b[i] as number)));
    count++;
  });
  return sum === 0 ? "equal, every byte" : `${(sum / count).toFixed(1)} of 255 apart`;
}

/** The picture with the square's edge in white. */
function framed(picture: NDArray, rect: Rectangle): NDArray {
  const made = picture.clone();
  const [, height, width] = made.shape as [number, number, number];
  const values = made.floats();
  const [left, top, across, down] = rect;
  const inner: Rectangle = [left + 1, top + 1, across - 2, down - 2];
  values.forEach((_, i) => {
    const [x, y] = [i % width, Math.floor(i / width) % height];
    if (within(rect, x, y) && !within(inner, x, y)) values[i] = 1;
  });
  return made;
}

/** A red apple on grass below a sky with a sun, [3,side,side]. */
async function drawnScene(side: number): Promise<NDArray> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" viewBox="0 0 100 100">
    <rect width="100" height="60" fill="#8ec9f0"/>
    <rect y="58" width="100" height="42" fill="#63b34a"/>
    <circle cx="80" cy="20" r="12" fill="#ffd24a"/>
    <path d="M70 58 L82 38 L94 58 Z" fill="#7d8a96"/>
    <circle cx="26" cy="68" r="14" fill="#d8232a"/>
    <circle cx="36" cy="68" r="14" fill="#d8232a"/>
    <rect x="30" y="46" width="3" height="12" fill="#6b4423"/>
    <ellipse cx="39" cy="49" rx="7" ry="3.5" fill="#3e8e2f"/>
  </svg>`;
  return decodePicture(await sharp(Buffer.from(svg)).png().toBuffer(), "the drawn scene");
}
