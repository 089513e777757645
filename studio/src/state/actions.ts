/** What a person can do, each as one function; what fails is shown in words. */
import { ServiceError, service } from "../api/client.js";
import type { Problem, Session, Settings } from "../api/types.js";
import { promptRow, promptsOf } from "../prompts/prompt-rows.js";
import { type Draft, draftOf, emptyDraft, filesOf, picturePrompt, requestOf } from "./draft.js";
import { rememberPrompts } from "./prompt-history.js";
import { get, isActive, set, type Toast } from "./store.js";
import { takeAnswer } from "./take.js";

/** Does `work` under a name; its failure becomes the page's problem. */
export async function doing<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
  set({ busy: name, problem: undefined });
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    set({ problem: error.problem });
    if (isUnreached(error.problem) && name !== "change") tell({ text: "That was not done: there is no connection." });
    return undefined;
  } finally {
    set({ busy: undefined });
  }
}

const isUnreached = (problem: Problem | undefined) => problem?.code === "UNREACHABLE";

export function tell(toast: Toast | undefined): void {
  set({ toast });
}

/** Puts a session on the stage, or with `grid` a grid; its address is the page's, so that a reload comes back to it. */
export function open(id: string | undefined, grid?: string): void {
  const { wanted, grid: shown } = get();
  if (wanted === id && shown === grid) return;
  const address = grid !== undefined ? `#/grid/${grid}` : id === undefined ? "#" : `#/${id}`;
  if (location.hash !== address) history.pushState(undefined, "", address);
  clearStage();
  set({ wanted: id, grid, promptsSent: "same" });
}

export const openGrid = (id: string) => open(undefined, id);

/** What belonged to the session that was on the stage. */
export function clearStage(): void {
  set({ session: undefined, looked: undefined, compared: undefined, painting: false, problem: undefined });
}

/** An empty stage and an empty form. */
export function startAnew(): void {
  open(undefined);
  set({ draft: { ...emptyDraft, rows: [promptRow()] }, problem: undefined });
  requestAnimationFrame(() => document.querySelector<HTMLTextAreaElement>(".prompt textarea")?.focus());
}

export function edit(changes: Partial<Draft>): void {
  set(({ draft }) => ({ draft: { ...draft, ...changes } }));
}

function take(session: Session | undefined): void {
  if (session) takeAnswer(session);
}

export async function create(): Promise<void> {
  const { draft, info } = get();
  if (!info) return;
  const request = requestOf(draft, info);
  rememberPrompts(draft.rows);
  const made = await doing("create", () => service.create(request, filesOf(draft)));
  if (!made) return;
  open(made.id);
  set({ session: made });
  // On small screens it is below the form, which is another one once this is drawn.
  requestAnimationFrame(() => document.getElementById("stage")?.scrollIntoView({ block: "start" }));
}

/** Until a change that did not reach the service is sent again. */
const RETRY_MS = 2000;
let timer: ReturnType<typeof setTimeout> | undefined;
/** Prompts of a run that goes on, or can, change with the rows: soon after the last key. */
export function editRows(rows: Draft["rows"]): void {
  edit({ rows });
  const { session } = get();
  if (!session || !(isActive(session) || session.status === "paused")) return;
  clearTimeout(timer);
  set({ promptsSent: "typing" });
  timer = setTimeout(() => void sendPrompts(session.id), 500);
}

async function sendPrompts(id: string): Promise<void> {
  const { draft, session } = get();
  const prompts = promptsOf(draft.rows);
  if (session?.id !== id || prompts === "") return;
  if (prompts === session.settings.prompts) {
    set({ promptsSent: "same" });
    return;
  }
  const changed = await doing("change", () => service.change(id, { prompts }));
  if (changed && promptsOf(get().draft.rows) === prompts) set({ promptsSent: "sent" }); // else more was typed
  if (!changed && isUnreached(get().problem)) timer = setTimeout(() => void sendPrompts(id), RETRY_MS);
  take(changed);
}

export async function pause(): Promise<void> {
  const { session } = get();
  if (session) take(await doing("pause", () => service.pause(session.id)));
}

export async function resume(): Promise<void> {
  const { session } = get();
  if (!session) return;
  set({ looked: undefined, compared: undefined, painting: false });
  take(await doing("resume", () => service.resume(session.id)));
}

export async function stop(): Promise<void> {
  const { session } = get();
  if (session) take(await doing("stop", () => service.cancel(session.id)));
}

/** A finished session goes on for so many steps more. */
export async function addSteps(count: number): Promise<void> {
  const { session } = get();
  if (!session) return;
  const longer = await doing("resume", async () => {
    await service.change(session.id, { steps: session.steps + count });
    return service.resume(session.id);
  });
  take(longer);
}

/** A branch from a kept step, which goes on at once. */
export async function fork(node: number, step: number): Promise<void> {
  const { session } = get();
  if (!session) return;
  set({ looked: undefined, compared: undefined, painting: false });
  const forked = await doing("fork", () => service.fork(session.id, node, step));
  take(forked);
  if (forked) tell({ text: `A new branch from step ${step}.` });
}

/** The picture of another branch is the session's from now on; no branch is lost. */
export async function accept(node: number): Promise<void> {
  const { session } = get();
  if (!session) return;
  set({ looked: undefined, compared: undefined, painting: false });
  take(await doing("switch", () => service.switchTo(session.id, node)));
}

export async function resumeFromPaint(image: Blob, mask: Blob): Promise<boolean> {
  const { session } = get();
  if (!session) return false;
  const painted = await doing("paint", () => service.paint(session.id, image, mask));
  if (!painted) return false;
  set({ painting: false, looked: undefined, compared: undefined });
  take(painted);
  return true;
}

/** A new session that changes only a part of the picture; all else is held as it is. */
export async function changeOnly(image: Blob, mask: Blob): Promise<boolean> {
  const { draft, info } = get();
  if (!info) return false;
  const { size: _, seed: __, ...request } = requestOf(draft, info);
  const made = await doing("paint", () => service.create(request, { ...filesOf(draft), image, mask }));
  if (!made) return false;
  open(made.id);
  set({ session: made });
  return true;
}

/** A new session of another size, which begins at this one's picture and goes on as the form says. */
export async function continueAt(session: Session, [width, height]: readonly [number, number]): Promise<void> {
  const { draft, info } = get();
  if (!info) return;
  const made = await doing("resize", async () => {
    const own = { width: String(width), height: String(height), seed: String(session.settings.seed ?? "") };
    const form: Draft = { ...draft, ...own, source: undefined, film: undefined, axes: [] };
    const request = { ...requestOf(form, info), prompts: session.settings.prompts ?? "" };
    return service.create(request, { ...filesOf(form), start: await service.picture(session.id) });
  });
  if (!made) return;
  open(made.id);
  set({ session: made });
  tell({ text: `A new session of ${width} × ${height} begins at this picture.` });
}

export function findMask(phrase: string): Promise<Blob | undefined> {
  const { session } = get();
  return doing("mask", async () => (session ? service.findMask(session.id, phrase) : undefined));
}

/** Into the bin; from there they come back. */
export async function remove(ids: readonly string[], title: string): Promise<void> {
  const { wanted, grid } = get();
  const removed = await doing("remove", async () => {
    for (const id of ids) await service.remove(id);
    return true;
  });
  if (!removed) return;
  set(({ sessions }) => ({ sessions: sessions.filter(({ id }) => !ids.includes(id)) }));
  const { sessions } = get();
  const isGone = grid === undefined ? ids.includes(wanted ?? "") : !sessions.some(({ group }) => group?.id === grid);
  if (isGone) open(undefined);
  const undo = () =>
    void doing("restore", async () => {
      for (const id of ids) await service.restore(id); // the list hears of it
      open(grid === undefined ? ids[0] : undefined, grid);
    });
  tell({ text: `“${title}” was deleted.`, action: { label: "Undo", run: undo } });
}

/**
 * The settings that a picture carries come into the form; a picture without any becomes what to change. While somebody
 * paints, it is placed on the painting.
 */
export async function openPicture(file: File): Promise<void> {
  const { info, painting } = get();
  if (painting) {
    set({ dropped: file });
    return;
  }
  if (!info) return;
  if (file.name.endsWith(".vqclip")) {
    const hint = "vqgan-clip resume opens it on the command line; its PNG brings its settings here";
    set({ problem: { detail: `${file.name} is a session, not a picture`, hint } });
    return;
  }
  if (!(await isPicture(file))) {
    set({ problem: { detail: `There is no picture in ${file.name || "what was given"} that this browser can show.` } });
    return;
  }
  set({ problem: undefined });
  const isPng = file.type === "image/png"; // others carry no settings
  const read = isPng ? await doing("read", () => service.read(file)) : {};
  if (!read) return;
  const changeIt = () => edit({ source: file, strength: undefined });
  if (!read.settings || Object.keys(read.settings).length === 0) {
    changeIt();
    const text = "No settings are in this picture: it is now the one to change.";
    tell({ text, action: { label: "Be near it instead", run: () => beNear(file) } });
    return;
  }
  open(undefined);
  restore(read.settings);
  tell({ text: `Settings of ${file.name} are in the form.`, action: { label: "Change it instead", run: changeIt } });
}

/** TIFF is for the service alone to read. */
async function isPicture(file: File): Promise<boolean> {
  if (file.type === "image/tiff") return true;
  return createImageBitmap(file).then(
    (made) => {
      made.close();
      return true;
    },
    () => false,
  );
}

/** A picture becomes a prompt; it is no longer the one to change. */
export function beNear(file: File): void {
  const { draft } = get();
  const source = draft.source === file ? undefined : draft.source;
  edit({ source, pictures: [...draft.pictures, picturePrompt(file)] });
}

export function restore(settings: Settings): void {
  set({ draft: draftOf(settings, get().info?.recommended ?? {}) });
}
