/** `vqgan-clip inspect`: what a picture, a session or a model folder says of itself. */
import { stat } from "node:fs/promises";
import type { Command } from "commander";
import { VqganClipError } from "../core/errors.js";
import { readInput } from "../files/read-input.js";
import { readSession } from "../sessions/session-file.js";
import { currentNode, currentState } from "../sessions/session-tree.js";
import { type NodeFacts, nodeFacts, treeLines } from "./session-tree.js";
import { storyOf } from "./story-of.js";
import { tell, tellJson } from "./terminal.js";

export function addInspect(program: Command): void {
  program
    .command("inspect")
    .description("Shows how a PNG was made, where a .vqclip session stands, or what a model folder holds.")
    .argument("<path>", "a PNG, a .vqclip or a folder")
    .option("--json", "one JSON object (default: lines for people)")
    .action(inspect);
}

async function inspect(path: string, { json = false }: { json?: boolean }): Promise<void> {
  const isFolder = await stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
  const facts = isFolder ? await inspectFolder(path) : await inspectFile(path);
  if (json) tellJson(facts, 2);
  else tell(...lines(facts));
}

async function inspectFolder(path: string): Promise<object> {
  const { describeFolder } = await import("./describe-model.js");
  return { kind: "models", models: await describeFolder(path) };
}

async function inspectFile(path: string): Promise<object> {
  const bytes = await readInput(path);
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
    `inspect: ${path} is neither a PNG nor a .vqclip session`,
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
