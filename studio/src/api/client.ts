/** What the page asks of the service; each request answers with what came, or throws a `ServiceError` in words. */
import { type Listener, listen } from "./listen.js";
import type { Bin, FilmFormat, Given, Info, Plan, Problem, Session, Settings, ShapeFile } from "./types.js";

/** What went wrong, for people: what, and what would help. */
export class ServiceError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title ?? "Something went wrong.");
  }
}

const UNREACHABLE: Problem = {
  title: "The studio does not answer",
  detail: "The program behind this page does not answer.",
  hint: "If it was closed, start `vqgan-clip studio` again: everything up to the last saved step is on disk.",
  code: "UNREACHABLE",
};

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(path, { credentials: "same-origin", ...init }).catch(() => {
    throw new ServiceError(UNREACHABLE);
  });
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Problem;
  throw new ServiceError({ title: `The studio answered ${response.status}`, ...problem, status: response.status });
}

async function json<T>(path: string, method = "GET", body?: unknown): Promise<T> {
  const headers = { "content-type": "application/json" };
  const sent = body === undefined ? {} : { headers, body: JSON.stringify(body) };
  const response = await ask(path, { method, ...sent });
  return (await response.json()) as T;
}

/** Pictures that go with a request. */
export interface Files {
  readonly image?: Blob | undefined;
  /** White where it may change. */
  readonly mask?: Blob | undefined;
  /** Where it begins, without being held against it. */
  readonly start?: Blob | undefined;
  /** Image prompts, in their order. */
  readonly prompts?: readonly Blob[];
  /** Pictures to be styled one after the other. */
  readonly frames?: readonly Blob[];
}

function form(request: unknown, { prompts = [], frames = [], ...files }: Files): RequestInit {
  const body = new FormData();
  body.set("request", JSON.stringify(request));
  for (const [name, file] of Object.entries(files)) if (file) body.set(name, file, `${name}.png`);
  for (const prompt of prompts) body.append("prompt-image", prompt, "prompt");
  for (const frame of frames) body.append("frame", frame, "frame");
  return { method: "POST", body };
}

/** JSON; with files, a form. */
async function post<T>(path: string, request: unknown, files: Files): Promise<T> {
  const { prompts = [], frames = [], ...single } = files;
  const hasFiles = [...Object.values(single), ...prompts, ...frames].some((file) => file !== undefined);
  if (!hasFiles) return json<T>(path, "POST", request);
  return (await (await ask(path, form(request, files))).json()) as T;
}

/** What is made of the finished frames of a session. */
interface Films {
  /** One file that plays. */
  readonly file: (id: string, format: FilmFormat) => Promise<Blob>;
  /** All of them in a ZIP. */
  readonly frames: (id: string) => Promise<Blob>;
}

const at = (id: string, rest = "") => `/v1/sessions/${encodeURIComponent(id)}${rest}`;

const overHttp = {
  /** Where sessions stay, in words. */
  keeps: "They stay on this machine’s disk.",
  /** Turns the token of the page's address into a cookie. */
  enter: async (token: string) => {
    const headers = { "content-type": "application/json" };
    await ask("/v1/token", { method: "POST", headers, body: JSON.stringify({ token }) });
  },
  info: () => json<Info>("/v1/info"),
  session: (id: string) => json<Session>(at(id)),
  /** With an image, an edit of it. */
  create: (settings: Settings, files: Files = {}) => post<Session>("/v1/sessions", settings, files),
  /** What the same would need; undefined where that is not known. */
  plan: async (settings: Settings, files: Files = {}): Promise<Plan | undefined> => {
    try {
      return await post<Plan>("/v1/plan", settings, files);
    } catch (error) {
      if (error instanceof ServiceError && error.problem.status === 404) return undefined;
      throw error;
    }
  },
  change: (id: string, changes: Settings) => json<Session>(at(id), "PATCH", changes),
  pause: (id: string) => json<Session>(at(id, "/pause"), "POST", {}),
  resume: (id: string) => json<Session>(at(id, "/resume"), "POST", {}),
  cancel: (id: string) => json<Session>(at(id, "/cancel"), "POST", {}),
  fork: (id: string, node: number, step: number) =>
    json<Session>(at(id, "/fork"), "POST", { node, at: step, resume: true }),
  /** Another node becomes the one that goes on. */
  switchTo: (id: string, node: number) => json<Session>(at(id, "/switch"), "POST", { node }),
  /** Goes on from a picture painted over; white parts of the mask were painted. */
  paint: async (id: string, image: Blob, mask: Blob) =>
    (await (await ask(at(id, "/paint"), form({ resume: true }, { image, mask }))).json()) as Session,
  findMask: async (id: string, phrase: string) => {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ phrase }) };
    return (await ask(at(id, "/mask"), init)).blob();
  },
  remove: async (id: string) => void (await ask(at(id), { method: "DELETE" })),
  restore: async (id: string) => void (await ask(at(id, "/restore"), { method: "POST" })),
  /** What was deleted and can come back. */
  bin: () => json<Bin>("/v1/bin"),
  /** What was deleted is gone for good. */
  emptyBin: async () => void (await ask("/v1/bin", { method: "DELETE" })),
  /** An address of its picture for whoever has it, for so many seconds; undefined where nobody else can come. */
  give: ((id, seconds) => json<Given>(at(id, "/address"), "POST", { seconds })) as
    | ((id: string, seconds: number) => Promise<Given>)
    | undefined,
  /** What a PNG tells of how it was made. */
  read: async (file: Blob) =>
    (await (
      await ask("/v1/read", { method: "POST", headers: { "content-type": "image/png" }, body: file })
    ).json()) as { settings?: Settings },
  /** As it is now, with its story. */
  picture: async (id: string) => (await ask(at(id, "/picture.png"))).blob(),
  /** The `.vqclip`. */
  file: async (id: string) => (await ask(at(id, "/session.vqclip"))).blob(),
  /** How it grew, as a WebP that moves; undefined where nothing writes one. */
  timelapse: (async (id) => (await ask(at(id, "/timelapse.webp"))).blob()) as
    | ((id: string) => Promise<Blob>)
    | undefined,
  /** What is drawn beside pixels, where it is written; undefined where it is not. */
  shape: (async (id, file) => (await ask(at(id, `/${file}`))).blob()) as
    | ((id: string, file: ShapeFile) => Promise<Blob>)
    | undefined,
  /** Videos, where they are made; undefined where they are not. */
  films: {
    file: async (id, format) => (await ask(at(id, `/video.${format}`))).blob(),
    frames: async (id) => (await ask(at(id, "/frames.zip"))).blob(),
  } as Films | undefined,
  /** Where the picture of a session without previews is shown from. */
  pictureUrl: (id: string, step: number): string | undefined => at(id, `/picture.png?step=${step}`),
  /** Hears of one session, or of the list; what is returned ends it. */
  listen: (id: string | undefined, listener: Listener) =>
    listen(id === undefined ? "/v1/events" : at(id, "/events"), listener),
};

export type Service = typeof overHttp;

/** Who answers: the program behind this page, unless another one is named before the page begins. */
export let service: Service = overHttp;

export function serveBy(other: Service): void {
  service = other;
}
