/** Short flags of more than one letter, as the popular VQGAN-CLIP scripts have them, turned into ours. */

const aliases: Readonly<Record<string, string>> = {
  "-ii": "--init-image",
  "-iw": "--init-weight",
  "-lr": "--learning-rate",
  "-cuts": "--cutouts",
  "-cutm": "--cut-method",
  "-cutp": "--cut-power",
  "-aug": "--augment",
  "-opt": "--optimizer",
  "-sd": "--seed",
};

const sizeFlags = ["-s", "--size"];
const WHOLE = /^\d+$/;

/** Arguments with aliases written out, and `-s 256 192` as `-s 256x192`. What follows `--` stays. */
export function expandAliases(args: readonly string[]): string[] {
  const end = args.indexOf("--");
  const [flags, rest] = end < 0 ? [args, []] : [args.slice(0, end), args.slice(end)];
  const expanded: string[] = [];
  for (let i = 0; i < flags.length; i++) {
    const argument = flags[i] as string;
    const [name = "", value] = argument.startsWith("-") ? splitOnce(argument) : [];
    const long = Object.hasOwn(aliases, name) ? (aliases[name] as string) : undefined;
    const [width, height] = flags.slice(i + 1, i + 3);
    if (long !== undefined) {
      expanded.push(value === undefined ? long : `${long}=${value}`);
    } else if (sizeFlags.includes(argument) && WHOLE.test(width ?? "") && WHOLE.test(height ?? "")) {
      expanded.push(argument, `${width}x${height}`);
      i += 2;
    } else {
      expanded.push(argument);
    }
  }
  return [...expanded, ...rest];
}

function splitOnce(argument: string): [string, string | undefined] {
  const at = argument.indexOf("=");
  return at < 0 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)];
}
