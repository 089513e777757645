/** The service in a worker of this page: what `api/client.ts` asks of a program over HTTP, without one. */
import { proxy, type Remote, wrap } from "comlink";
import { simd } from "wasm-feature-detect";
import { type Service, ServiceError } from "../api/client.js";
import type { Listener } from "../api/listen.js";
import type { Bin, Info, Plan, Problem, Session, Settings, Summary } from "../api/types.js";
import { type DeviceChoice, rememberDevice, useEngine } from "./engine-state.js";
import type { Loading } from "./load-count.js";
import type { Commands } from "./worker.js";

/** A worker, and what it was opened to. */
interface Engine {
  readonly worker: Worker;
  readonly remote: Remote<Commands>;
  readonly opened: Promise<{ readonly isKept: boolean }>;
  /** Fails when the worker does. */
  readonly fallen: Promise<never>;
}

const LOST = "This browser keeps nothing for this page: download what you like before you leave it.";
/** Between two tries to load what was not there. */
const RETRY_MS = 4000;

let engine: Engine | undefined;
let failedAt = Number.NEGATIVE_INFINITY;
const listeners = new Map<number, { readonly id: string | undefined; readonly listener: Listener }>();
/** How sessions stand, as the list told it last. */
const statuses = new Map<string, Summary["status"]>();
/** Whether a session has failed on this engine: one that ran out of memory does not recover. */
let isSpent = false;
let lastKey = 0;

/** What of a browser the engine cannot do without. */
async function lack(): Promise<Problem | undefined> {
  if (!window.isSecureContext) {
    return {
      detail: "This page came over plain http, where browsers keep no files and tell no models apart.",
      hint: "Open it by https, or from localhost.",
    };
  }
  if (!(await simd())) {
    return {
      detail: "This browser has no WebAssembly with SIMD, which the engine is made of.",
      hint: "Chrome and Edge have it from version 91, Firefox from 89, Safari from 16.4; some browsers switch it off in a strict mode.",
    };
  }
  return undefined;
}

function start(): Engine {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const remote = wrap<Commands>(worker);
  const fallen = new Promise<never>((_, fall) => {
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      fall({ detail: `The engine's worker ended: ${event.message || "it did not load"}`, hint: "Reload the page." });
    });
  });
  fallen.catch(() => {}); // whoever waits hears it
  const { device } = useEngine.getState();
  const open = async () => {
    const problem = await lack();
    if (problem) throw problem;
    const model = new URL("compact/", document.baseURI).href;
    const onLoading = proxy((loading: Loading) =>
      useEngine.setState(({ stage }) => ({ loading, stage: stage === "waiting" ? "loading" : stage })),
    );
    const onWaiting = proxy(() => useEngine.setState({ stage: "waiting" }));
    const { abilities, isKept } = await Promise.race([remote.open({ model, device }, onLoading, onWaiting), fallen]);
    useEngine.setState({ abilities, stage: "ready", loading: undefined });
    if (!isKept) window.addEventListener("beforeunload", (event) => event.preventDefault());
    for (const [key, { id, listener }] of listeners) connect({ remote, opened }, key, id, listener);
    return { isKept };
  };
  const opened = open();
  opened.catch(() => {
    failedAt = performance.now();
    useEngine.setState({ stage: "failed", loading: undefined });
    worker.terminate();
    engine = undefined; // the next request tries again
  });
  return { worker, remote, opened, fallen };
}

async function running(): Promise<Engine> {
  if (!engine) {
    const wait = failedAt + RETRY_MS - performance.now();
    if (wait > 0) await new Promise((resume) => setTimeout(resume, wait));
  }
  engine ??= start();
  await engine.opened;
  return engine;
}

/** Asks the worker; what it throws is told in words. */
async function ask<Answer>(work: (remote: Remote<Commands>) => Promise<unknown>): Promise<Answer> {
  try {
    const { remote, fallen } = await running();
    return (await Promise.race([work(remote), fallen])) as Answer;
  } catch (problem) {
    throw new ServiceError(problem as Problem);
  }
}

/** Another engine in place of this one; what runs goes on there from where it stands. */
async function restart(): Promise<void> {
  const former = engine;
  engine = undefined;
  isSpent = false;
  if (former) await Promise.race([former.remote.close(), former.fallen]).catch(() => {}); // what it did not write is lost
  former?.worker.terminate();
  useEngine.setState({ stage: "loading" });
  await ask(async () => {});
}

export async function runOn(device: DeviceChoice): Promise<void> {
  rememberDevice(device);
  await restart();
}

function connect({ remote }: Pick<Engine, "remote" | "opened">, key: number, id: string | undefined, to: Listener) {
  const hear = proxy((name: string, data: unknown, eventId: number) => {
    if (!listeners.has(key)) return;
    if (id === undefined) watch(name, data);
    to.onEvent(name === "error" ? "problem" : name, data, eventId);
  });
  void remote.listen(key, id, hear).then(to.onOpen, () => {}); // what is not there is told by `session`
}

function watch(name: string, data: unknown): void {
  if (name === "state")
    for (const { id, status } of (data as { sessions: Summary[] }).sessions) statuses.set(id, status);
  if (name !== "session") return;
  const { id, status } = data as Summary;
  if (status === "failed" && statuses.get(id) !== "failed") isSpent = true;
  statuses.set(id, status);
}

/** Asks for what takes steps: by a new engine, where this one is spent. */
async function askFresh<Answer>(work: (remote: Remote<Commands>) => Promise<unknown>): Promise<Answer> {
  if (isSpent) await restart();
  return ask<Answer>(work);
}

const png = (bytes: Uint8Array) => new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "image/png" });

export const inBrowser: Service = {
  keeps: "They stay in this browser, on this device.",
  enter: async () => {},
  async info() {
    const { isKept } = await ask<{ isKept: boolean }>(async () => (await running()).opened);
    const info = await ask<Info>((remote) => remote.info());
    return isKept ? info : { ...info, keeps: LOST };
  },
  session: (id) => ask<Session>((remote) => remote.session(id)),
  create: (settings, files = {}) => askFresh<Session>((remote) => remote.create(settings, files)),
  plan: (settings, files = {}) => ask<Plan>((remote) => remote.plan(settings, files)),
  change: (id, changes) => ask<Session>((remote) => remote.change(id, changes)),
  pause: (id) => ask<Session>((remote) => remote.pause(id)),
  resume: (id) => askFresh<Session>((remote) => remote.resume(id)),
  cancel: (id) => ask<Session>((remote) => remote.cancel(id)),
  fork: (id, node, step) => askFresh<Session>((remote) => remote.fork(id, { node, at: step, resume: true })),
  switchTo: (id, node) => ask<Session>((remote) => remote.switchTo(id, node)),
  paint: (id, image, mask) => askFresh<Session>((remote) => remote.paint(id, image, mask)),
  findMask: async (id, phrase) => png(await ask<Uint8Array>((remote) => remote.findMask(id, phrase))),
  remove: (id) => ask<undefined>((remote) => remote.remove(id)),
  restore: (id) => ask<undefined>((remote) => remote.restore(id)),
  bin: () => ask<Bin>((remote) => remote.bin()),
  emptyBin: () => ask<undefined>((remote) => remote.emptyBin()),
  give: undefined,
  read: (file) => ask<{ settings?: Settings }>((remote) => remote.read(file)),
  picture: async (id) => png(await ask<Uint8Array>((remote) => remote.picture(id))),
  file: async (id) => new Blob([await ask<Uint8Array<ArrayBuffer>>((remote) => remote.file(id))]),
  timelapse: undefined,
  shape: undefined,
  films: undefined, // hundreds of frames are more than a browser keeps
  pictureUrl: () => undefined,
  listen(id, listener) {
    const key = ++lastKey;
    listeners.set(key, { id, listener });
    if (useEngine.getState().stage === "ready" && engine) connect(engine, key, id, listener);
    return () => {
      listeners.delete(key);
      if (engine) void engine.remote.unlisten(key);
    };
  },
};
