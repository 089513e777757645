/** What a command line of another program becomes: ours, and what of it could not be carried over. */
import { catalogue, otherNames } from "../../hub/catalogue.js";

/** One program that is understood. */
export interface ForeignProgram {
  /** As people call it */
  readonly name: string;
  /** Where its own flags begin in these words; undefined when it is another program's command */
  begins(words: readonly string[]): number | undefined;
  translate(words: readonly string[]): Translation;
}

export interface Translation {
  /** The arguments of our command, its name first */
  readonly args: readonly string[];
  /** What is not the same, and what was left out, a line each */
  readonly notes: readonly string[];
}

/** Collects a translation. */
export class TranslationWriter implements Translation {
  readonly args: string[] = [];
  readonly notes: string[] = [];

  add(...args: readonly (string | number)[]): void {
    this.args.push(...args.map(String));
  }

  note(text: string): void {
    this.notes.push(text);
  }

  leftOut(flag: string, why: string): void {
    this.note(`left out: ${flag}: ${why}`);
  }

  unknown(words: readonly string[]): void {
    for (const word of words) this.leftOut(word, "not known");
  }

  /** `--clip` for each name in OpenAI's spelling. */
  clips(names: readonly string[]): void {
    for (const name of names) {
      const known = otherNames[name];
      if (known) this.add("--clip", known);
      else this.leftOut(`CLIP ${name}`, `one of ${Object.keys(otherNames).filter(isClipName).join(", ")} would do`);
    }
  }

  /** `--generator` for a checkpoint's file or name. */
  generator(name: string): void {
    const known = publishedGenerator(name);
    if (known) this.add("--generator", known);
    else if (/\.(ckpt|pt|safetensors)$/.test(name)) this.add("--generator", name);
    else this.leftOut(`VQGAN ${name}`, "not known; name a folder or a checkpoint with its yaml by --generator");
  }

  /** `--image-prompt` for each of `a.png:0.5|b.png`. */
  imagePrompts(text: string): void {
    for (const each of split(text)) this.add("--image-prompt", each);
  }

  /** A picture to begin at; addresses are not fetched. */
  initImage(path: string): void {
    if (/^https?:/.test(path)) this.leftOut(`the picture ${path}`, "download it and name the file by --init-image");
    else this.add("--init-image", path);
  }

  /** `--noise-prompt` for seeds and their weights. */
  noisePrompts(seeds: readonly string[], weights: readonly string[]): void {
    seeds.forEach((seed, i) => {
      this.add("--noise-prompt", weights[i] === undefined ? seed : `${seed}:${weights[i]}`);
    });
  }

  /** `--optimizer`, where we have it. */
  optimizer(name: string): void {
    const own = name.toLowerCase();
    if (optimizers.has(own)) this.add("--optimizer", own);
    else this.leftOut(`optimiser ${name}`, `one of ${[...optimizers].join(", ")} would do`);
  }

  /** A PNG to write. */
  output(path: string): void {
    if (/\.png$/i.test(path)) this.add("--output", path);
    else {
      this.add("--output", `${path.replace(/\.\w+$/, "")}.png`);
      this.note(`${path}: pictures are written as PNG`);
    }
  }
}

const optimizers: ReadonlySet<string> = new Set([
  "adam",
  "adamw",
  "adagrad",
  "adamax",
  "diffgrad",
  "adamp",
  "radam",
  "rmsprop",
]);

const isClipName = (name: string): boolean => /^(ViT|RN)/.test(name);

/** `a | b` without the spaces around. */
export function split(text: string, by = "|"): string[] {
  return text
    .split(by)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** Ours for what scripts and notebooks call the published VQGANs, by file or name. */
function publishedGenerator(name: string): string | undefined {
  const plain = name.toLowerCase();
  const found = /(imagenet|openimages|gumbel|wikiart|sflckr|sflickr|coco|faceshq)/.exec(plain)?.[1];
  if (found === undefined) return undefined;
  const size = /(1024|16384)/.exec(plain)?.[1];
  const ours = {
    imagenet: size === "1024" ? "vqgan-imagenet-f16-1024" : "vqgan-imagenet-f16-16384",
    openimages: "vqgan-openimages-f8-8192",
    gumbel: "vqgan-openimages-f8-8192",
    wikiart: size === "1024" ? undefined : "vqgan-wikiart-f16-16384",
    sflckr: "vqgan-sflckr-f16",
    sflickr: "vqgan-sflckr-f16",
    coco: "vqgan-coco-stuff-f16",
    faceshq: "vqgan-faceshq-f16",
  }[found as "imagenet"];
  return catalogue.some((entry) => entry.name === ours) ? ours : undefined;
}
