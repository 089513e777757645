/** The worker behind the page: the service itself without its wire, each command as the page calls it. */
import { expose } from "comlink";
import * as z from "zod";
import manifest from "../../../package.json" with { type: "json" };
import { settingsSchema } from "../../../src/guidance/settings.js";
import { faultOf } from "../../../src/service/faults.js";
import { readPicture } from "../../../src/service/read-picture.js";
import type { Fault } from "../../../src/service/record.js";
import {
  changesSchema,
  checked,
  editSchema,
  forkSchema,
  maskSchema,
  paintSchema,
  pictureSchema,
} from "../../../src/service/requests.js";
import { Studio } from "../../../src/service/studio.js";
import { hasSource, type Uploads } from "../../../src/service/uploads.js";
import type { Files } from "../api/client.js";
import { alone } from "./alone.js";
import type { Loading } from "./load-count.js";
import { type BrowserPlatform, type Opening, openInBrowser } from "./platform.js";

type Hear = (name: string, data: unknown, id: number) => void;

let platform: BrowserPlatform;
let studio: Studio;
const heard = new Map<number, () => void>();

const commands = {
  /** Loads everything; once, before all else. What was under way when the page was left goes on. */
  async open(opening: Opening, onLoading: (loading: Loading) => void, onWaiting: () => void) {
    await alone("vqgan-clip-studio", onWaiting);
    platform = await openInBrowser(opening, onLoading).catch((error: unknown) => {
      throw unloaded(opening, faultOf(error));
    });
    studio = await Studio.open(platform);
    const { abilities, isKept } = platform;
    return { abilities, isKept };
  },
  close: () => studio.close(),
  async info() {
    const settings = z.toJSONSchema(settingsSchema, { io: "input", unrepresentable: "any" });
    return { version: manifest.version, ...(await studio.info()), settings };
  },
  async session(id: string) {
    await platform.store.look(id);
    return studio.view(id);
  },
  create: async (asked: unknown, files: Files) => studio.making.create(requested(asked, files), await uploadsOf(files)),
  plan: async (asked: unknown, files: Files) => studio.making.plan(requested(asked, files), await uploadsOf(files)),
  change: (id: string, changes: unknown) => studio.commands.change(id, checked(changesSchema, changes)),
  pause: (id: string) => studio.commands.pause(id),
  resume: (id: string) => studio.commands.resume(id),
  cancel: (id: string) => studio.commands.cancel(id),
  fork: (id: string, asked: unknown) => studio.branches.fork(id, checked(forkSchema, asked)),
  switchTo: (id: string, node: number) => studio.branches.switchTo(id, node),
  async paint(id: string, image: Blob, mask: Blob) {
    return studio.branches.paint(id, checked(paintSchema, { resume: true }), await uploadsOf({ image, mask }));
  },
  findMask: (id: string, phrase: string) => studio.pictures.maskOf(id, checked(maskSchema, { phrase })),
  remove: (id: string) => studio.commands.remove(id),
  restore: (id: string) => studio.commands.restore(id),
  bin: () => studio.bin(),
  emptyBin: () => studio.emptyBin(),
  read: async (file: Blob) => readPicture((await bytesOf(file)) as Uint8Array),
  picture: (id: string) => studio.pictures.picture(id),
  file: (id: string) => studio.pictures.archive(id),
  /** The whole state first, then what happens, until `unlisten`. */
  async listen(key: number, id: string | undefined, hear: Hear) {
    if (id !== undefined) await platform.store.look(id);
    const log = id === undefined ? studio.events() : studio.eventsOf(id);
    const { lastId } = log;
    hear("state", id === undefined ? { sessions: studio.all(), lastEventId: lastId } : studio.view(id), lastId);
    heard.set(
      key,
      log.subscribe((event) => hear(event.type, event.data, event.id)),
    );
  },
  unlisten(key: number) {
    heard.get(key)?.();
    heard.delete(key);
  },
};
export type Commands = typeof commands;

const requested = (asked: unknown, files: Files) => checked(hasSource(files) ? editSchema : pictureSchema, asked);

async function uploadsOf({ image, mask, start, prompts = [], frames = [] }: Files): Promise<Uploads> {
  const all = (files: readonly Blob[]) => Promise.all(files.map((file) => bytesOf(file) as Promise<Uint8Array>));
  const single = { image: await bytesOf(image), mask: await bytesOf(mask), start: await bytesOf(start) };
  return { ...single, prompts: await all(prompts), frames: await all(frames) };
}

async function bytesOf(file: Blob | undefined): Promise<Uint8Array | undefined> {
  return file && new Uint8Array(await file.arrayBuffer());
}

/** Why there are no models, with where they were looked for. */
function unloaded({ model }: Opening, { code, title, detail, hint }: Fault): Fault {
  const isOther = code === "OUT_OF_LIMITS" || !detail.includes(model); // of the engine, say
  if (isOther) return { code, title, detail, ...(hint !== undefined && { hint }) };
  return {
    code,
    title: "The models were not loaded",
    detail: `The models were not loaded from ${model}`,
    hint: `${detail}. The folder models/compact of the package has to be there; this page tries again by itself`,
  };
}

/** Errors of other kinds than messages can carry become what is told of them. */
function inWords<Command extends (...given: never[]) => unknown>(command: Command): Command {
  return (async (...given: never[]) => {
    try {
      return await command(...given);
    } catch (error) {
      throw isFault(error) ? error : onPages(faultOf(error));
    }
  }) as unknown as Command;
}

/** Nobody can allow a page more memory than the browser does. */
function onPages(fault: Fault): Fault {
  return fault.hint === undefined ? fault : { ...fault, hint: fault.hint.replace(/, or allow [\d.]+ GB$/, "") };
}

const isFault = (error: unknown): error is Fault => !(error instanceof Error);

expose(Object.fromEntries(Object.entries(commands).map(([name, command]) => [name, inWords(command)])));
