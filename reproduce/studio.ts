/** Where the report's pictures are made, timed and read by the encoders. */
import type { NDArray } from "../src/core/ndarray.js";
import { presets } from "../src/guidance/presets.js";
import type { EditRequest } from "../src/pair/requests.js";
import type { PictureRun } from "../src/picture-run.js";
import type { CreateRequest, PictureSource, VqganClip } from "../src/vqgan-clip.js";
import { Reader } from "./reader.js";

export interface StudioOptions {
  readonly vq: VqganClip;
  /** A pair whose encoder reads the pictures and has no part in making them. */
  readonly judge: VqganClip | undefined;
  readonly seed: number;
  /** Steps of every picture (default: as the pair recommends). */
  readonly steps?: number | undefined;
  /** Width and height (default: the generator's own). */
  readonly size?: readonly [number, number] | undefined;
  readonly onPicture?: (what: string) => void;
}

export interface Made {
  readonly picture: NDArray;
  readonly run: PictureRun;
  /** Of the middle step by duration, the first left out. */
  readonly secondsPerStep: number;
  /** From the request to the picture, compilation among it. */
  readonly seconds: number;
}

/** No regulariser. */
const PLAIN = { weight: 0, target: "zero", decay: 0, every: 1 } as const;
/** Random codes need more steps than a start that a pair recommends. */
const STEPS_FROM_CODES = 100;

/** How a picture was begun and optimised, for people. */
export function recipeOf({ run: { settings } }: Made): string {
  const { start, steps, optimizer, learningRate } = settings;
  return `start ${start}, ${steps} steps, ${optimizer} at ${learningRate}`;
}

export class Studio {
  readonly vq: VqganClip;
  private readonly guide: Reader;
  private readonly judge: Reader | undefined;

  constructor(private readonly options: StudioOptions) {
    this.vq = options.vq;
    this.guide = new Reader(options.vq);
    this.judge = options.judge && new Reader(options.judge);
  }

  /** Width and height of its pictures. */
  get size(): readonly [number, number] {
    const { resolution } = this.vq.generator;
    return this.options.size ?? [resolution, resolution];
  }

  generate(what: string, request: CreateRequest): Promise<Made> {
    return this.make(what, () =>
      Promise.resolve(this.vq.create({ ...this.common(), size: [...this.size], ...request })),
    );
  }

  /**
   * A picture begun and optimised as the paper's are, whatever start of its own a pair recommends: random codes, the
   * paper's step size, no regulariser, no prior.
   */
  fromCodes(what: string, request: CreateRequest): Promise<Made> {
    const { optimizer, learningRate } = presets.paper;
    const recommended = this.vq.resolve({ prompts: "a" }).settings.steps;
    const steps = this.options.steps ?? Math.max(STEPS_FROM_CODES, recommended);
    return this.generate(what, {
      start: "codes",
      latent: "quantized",
      optimizer,
      learningRate,
      regularizer: PLAIN,
      prior: { weight: 0 },
      steps,
      ...request,
    });
  }

  edit(what: string, request: EditRequest<PictureSource>): Promise<Made> {
    return this.make(what, () => this.vq.edit({ ...this.common(), ...request }));
  }

  /** What each encoder says of a picture. */
  async reading(picture: NDArray, caption: string): Promise<string[]> {
    const lines = [`guide: ${await this.guide.reading(picture, caption)}`];
    if (this.judge) lines.push(`judge: ${await this.judge.reading(picture, caption)}`);
    return lines;
  }

  private common(): { seed: number; steps?: number } {
    const { seed, steps } = this.options;
    return { seed, ...(steps !== undefined && { steps }) };
  }

  private async make(what: string, begin: () => Promise<PictureRun>): Promise<Made> {
    this.options.onPicture?.(what);
    const start = performance.now();
    const run = await begin();
    const times: number[] = [];
    let last = performance.now();
    for await (const _ of run) {
      times.push(performance.now() - last);
      last = performance.now();
    }
    const picture = await run.render();
    const seconds = (performance.now() - start) / 1000;
    const later = times.slice(1).sort((a, b) => a - b);
    const middle = later[Math.floor(later.length / 2)] ?? times[0] ?? Number.NaN;
    await run.dispose();
    return { picture, run, secondsPerStep: middle / 1000, seconds };
  }
}
