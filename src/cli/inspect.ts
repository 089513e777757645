/** `vqgan-clip inspect`: what a picture, a session, a model folder or a sound says of itself. */
import { stat } from "node:fs/promises";
import type { Command } from "commander";
import { requires, VqganClipError } from "../core/errors.js";
import { writeFileAtomically } from "../files/atomic-write.js";
import { readInput } from "../files/read-input.js";
import { readSession } from "../sessions/session-file.js";
import { currentNode, currentState } from "../sessions/session-tree.js";
import { isWav, readWav, type Sound } from "../sound/wav.js";
import { readSound } from "../video/read-sound.js";
import { soundFacts, soundPlot } from "./inspect-sound.js";
import { type NodeFacts, nodeFacts, treeLines } from "./session-tree.js";
import { storyOf } from "./story-of.js";
import { tell, tellJson } from "./terminal.js";

export function addInspect(program: Command): void {
  program
    .command("inspect")
    .description(
      "Shows how a PNG was made, where a .vqclip session stands, what a model folder holds, or what a film can follow of a sound.",
    )
    .argument("<path>", "a PNG, a .vqclip, a folder or a sound")
    .option("--plot <svg>", "of a sound: its bands and beats over time (default: none)")
    .option("--json", "one JSON object (default: lines for people)")
    .action(inspect);
}

async function inspect(path: string, { json = false, plot }: { json?: boolean; plot?: string }): Promise<void> {
  const isFolder = await stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
  const facts = isFolder ? await inspectFolder(path) : await inspectFile(path, plot);
  requires(
    plot === undefined || "beats" in facts,
    "BAD_ARGUMENT",
    () => `inspect --plot: ${path} is no sound`,
    "of a run `generate --plot` draws the losses",
  );
  if (json) tellJson(facts, 2);
  else tell(...lines(facts));
}

async function inspectFolder(path: string): Promise<object> {
  const { describeFolder } = await import("./describe-model.js");
  return { kind: "models", models: await describeFolder(path) };
}

/** By their names: WAV is known by its first bytes. */
const SOUND = /\.(mp3|ogg|oga|opus|flac|m4a|aac|aiff?)$/i;

async function inspectSound(sound: Sound, plot: string | undefined): Promise<object> {
  if (plot !== undefined) await writeFileAtomically(plot, new TextEncoder().encode(soundPlot(sound)));
  return soundFacts(sound);
}

async function inspectFile(path: string, plot: string | undefined): Promise<object> {
  if (SOUND.test(path)) return inspectSound(await readSound(path), plot);
  const bytes = await readInput(path);
  if (isWav(bytes)) return inspectSound(readWav(bytes, path), plot);
  const begins = (...magic: number[]) => magic.every((byte, i) => bytes[i] === byte);
  if (begins(0x89, 0x50, 0x4e, 0x47)) {
    const { story = null, text, damage } = storyOf(bytes, path);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const size = { width: view.getUint32(16), height: view.getUint32(20) };
    return { kind: "picture", ...size, story, text, ...(damage !== undefined && { damage }) };
  }
  if (begins(0x50, 0x4b)) {
    const { tree, models } = await readSession(bytes);
    const { settings, step, beganFrom, changed, z, watch, best } = currentState(tree);
    const found = { ...(watch && { watch }), ...(best && { best: { step: best.step, score: best.score } }) };
    const stands = { status: currentNode(tree).status, step, beganFrom, changed, ...found };
    const nodes = tree.nodes.map((node) => nodeFacts(node));
    return { kind: "session", node: tree.current, ...stands, settings, models, latent: z.shape, nodes };
  }
  throw new VqganClipError(
    "BAD_FILE",
    `inspect: ${path} is neither a PNG, a .vqclip session nor a sound`,
    "other pictures carry nothing of ours",
  );
}

/** `key: value` lines, nested keys joined by dots; a list of parts stays JSON. Our own text is shown as the story. */
function lines(value: object, path = ""): string[] {
  return Object.entries(value).flatMap(([key, item]) => {
    const name = path ? `${path}.${key}` : key;
    if (item === undefined || (key === "text" && "story" in value && value.story)) return [];
    if (key === "nodes") return treeLines(item as NodeFacts[], (value as { node: number }).node);
    if (key === "models") return (item as object[]).flatMap((model, i) => lines(model, `${name}[${i}]`));
    if (typeof item === "object" && item !== null && !Array.isArray(item)) return lines(item, name);
    return [`${name}: ${typeof item === "string" ? item : JSON.stringify(item)}`];
  });
}
