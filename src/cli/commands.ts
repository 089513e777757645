/** The commands by name. One is loaded when it is asked for: the others are then no more than a line of help. */
import type { Command } from "commander";

/** @param finish is told the exit code when it is another than 0 */
export type AddCommand = (program: Command, finish: (code: number) => void) => void;

export interface CommandEntry {
  readonly name: string;
  /** Its arguments, as help shows them. */
  readonly usage: string;
  readonly summary: string;
  readonly load: () => Promise<AddCommand>;
}

/** What a first word that is no command's name is for. */
export const DEFAULT_COMMAND = "generate";

export const commands: readonly CommandEntry[] = [
  {
    name: "generate",
    usage: "[prompts...]",
    summary: "make a picture from words",
    load: async () => (await import("./generate.js")).addGenerate,
  },
  {
    name: "edit",
    usage: "<picture> [prompts...]",
    summary: "change a picture by words",
    load: async () => (await import("./edit.js")).addEdit,
  },
  {
    name: "video",
    usage: "[prompts...]",
    summary: "make a video from words",
    load: async () => (await import("./video.js")).addVideo,
  },
  {
    name: "style",
    usage: "<frames> [prompts...]",
    summary: "change a video by words",
    load: async () => (await import("./style.js")).addStyle,
  },
  {
    name: "resume",
    usage: "<session>",
    summary: "go on with a saved run",
    load: async () => (await import("./resume.js")).addResume,
  },
  {
    name: "grid",
    usage: "[prompts...]",
    summary: "many pictures of one idea on a contact sheet",
    load: async () => (await import("./grid.js")).addGrid,
  },
  {
    name: "inspect",
    usage: "<path>",
    summary: "what a picture, a session or a model says of itself",
    load: async () => (await import("./inspect.js")).addInspect,
  },
  {
    name: "embed",
    usage: "",
    summary: "the unit vector of a text or a picture",
    load: async () => (await import("./embed.js")).addEmbed,
  },
  {
    name: "score",
    usage: "<picture> <prompts...>",
    summary: "how well prompts fit a picture",
    load: async () => (await import("./score.js")).addScore,
  },
  {
    name: "export",
    usage: "[prompts...]",
    summary: "the step, decoder or encoder as ONNX files",
    load: async () => (await import("./export.js")).addExport,
  },
  {
    name: "reconstruct",
    usage: "<input> <output>",
    summary: "a picture through the generator and back",
    load: async () => (await import("./reconstruct.js")).addReconstruct,
  },
  {
    name: "studio",
    usage: "",
    summary: "a page to make pictures with, in the browser",
    load: async () => (await import("./studio.js")).addStudio,
  },
  {
    name: "serve",
    usage: "",
    summary: "sessions over HTTP, for programs",
    load: async () => (await import("./serve.js")).addServe,
  },
  {
    name: "worker",
    usage: "",
    summary: "an engine for a serve that has none",
    load: async () => (await import("./worker.js")).addWorker,
  },
  {
    name: "bot",
    usage: "",
    summary: "pictures in a chat (Discord)",
    load: async () => (await import("./bot.js")).addBot,
  },
  {
    name: "key",
    usage: "<name>",
    summary: "a key for somebody who is to use serve",
    load: async () => (await import("./key.js")).addKey,
  },
  {
    name: "models",
    usage: "",
    summary: "the models at hand, and published ones by name",
    load: async () => (await import("./models.js")).addModels,
  },
  {
    name: "compat",
    usage: "<command...>",
    summary: "a command of another VQGAN-CLIP program as ours",
    load: async () => (await import("./compat.js")).addCompat,
  },
  {
    name: "doctor",
    usage: "",
    summary: "what runs here, how fast, and what would help",
    load: async () => (await import("./doctor.js")).addDoctor,
  },
];

/** The command that these arguments are for; undefined: help or the version. */
export function commandAsked([first = "", second]: readonly string[]): string | undefined {
  if (["--help", "-h", "--version", "-V"].includes(first)) return undefined;
  const name = first === "help" ? second : first;
  if (commands.some((command) => command.name === name)) return name;
  return first === "help" ? undefined : DEFAULT_COMMAND;
}

/** Adds all of them, `asked` with all its options and arguments. */
export async function addCommands(program: Command, asked: string | undefined, finish: (code: number) => void) {
  for (const { name, usage, summary, load } of commands) {
    if (name === asked) (await load())(program, finish);
    else program.command(`${name} ${usage}`.trimEnd(), { isDefault: name === DEFAULT_COMMAND });
    program.commands.find((command) => command.name() === name)?.summary(summary);
  }
}
