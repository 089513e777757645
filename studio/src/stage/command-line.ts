/** The line that makes a session's picture again on the command line, with the same models. */
import type { Session, Settings } from "../api/types.js";

/** Settings that have no flag of their own in the line, or are written apart. */
const apart = ["prompts", "seed", "targets", "motion", "temporal"];

/**
 * @param recommended what the models recommend: what equals it needs no flag
 * @param picture name of the downloaded picture: where flags do not tell all of it, its own story does
 */
export function commandLine(session: Session, recommended: Settings, picture: string): string {
  const { settings, nodes, promptImages = [], kind } = session;
  const isPlain = kind !== "edit" && nodes.length <= 1 && promptImages.length === 0;
  const changed = Object.entries(settings).filter(
    ([name, value]) => !apart.includes(name) && JSON.stringify(value) !== JSON.stringify(recommended[name]),
  );
  const flags = changed.map(([name, value]) => flagOf(name, value));
  if (!isPlain || flags.includes(undefined)) return `npx vqgan-clip generate --like ${quoted(picture)}`;
  return ["npx vqgan-clip generate", quoted(settings.prompts ?? ""), ...flags, `--seed ${settings.seed}`].join(" ");
}

/** `learningRate: 0.1` as `--learning-rate 0.1`; undefined where it is more than one plain value. */
function flagOf(name: string, value: unknown): string | undefined {
  if (name === "size") return `--size ${(value as readonly number[]).join("x")}`;
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (typeof value === "boolean") return `${flag} ${value ? "on" : "off"}`;
  return typeof value === "number" || typeof value === "string" ? `${flag} ${value}` : undefined;
}

/** For a shell: in double quotes, which all of them know, unless something in it would not stay as it is. */
function quoted(text: string): string {
  return /["$`\\!]/.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : `"${text}"`;
}
