/** `vqgan-clip serve` as a child process, and what its clients do. */
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import type { SessionView } from "../../src/service/views.js";
import { checkAnswer } from "./answers.js";
import { tinyModels } from "./cli.js";
import { RunningCli } from "./running-cli.js";

/** A request for a small picture, and one that does not end by itself. */
export const small = { prompts: "a red apple", size: [32, 32] as [number, number], cutouts: 4, seed: 7 };
export const endless = { ...small, steps: 1_000_000 };

export interface ServiceEvent {
  readonly id: number | undefined;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: each kind of event has data of its own
  readonly data: any;
}

export class Service {
  private constructor(
    private readonly running: RunningCli,
    readonly origin: string,
    readonly token: string,
  ) {}

  static async start(folder: string, { command = "serve", more = [] as readonly string[] } = {}): Promise<Service> {
    const args = [command, "--folder", folder, ...tinyModels, ...more];
    const running = await RunningCli.start(args, /^(http:\S+)\/#token=(\S+)\n/m);
    const [, origin, token] = running.said;
    return new Service(running, origin as string, token as string);
  }

  get child(): ChildProcess {
    return this.running.child;
  }

  /** What it said on stderr so far. */
  remarks(): string {
    return this.running.remarks();
  }

  /** @returns the exit code, or the signal that ended it */
  end(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    return this.running.end(signal);
  }

  /** The process that holds its engine (Linux). */
  get enginePid(): number {
    const { pid } = this.child;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
  }

  /** Asks, and holds the answer against the service's own document. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { Authorization: `Bearer ${this.token}`, ...init.headers };
    const answer = await fetch(`${this.origin}${path}`, { ...init, headers });
    await checkAnswer(init.method ?? "GET", path, answer);
    return answer;
  }

  /** Sends JSON, or a form, or nothing. */
  send(method: string, path: string, body?: object | FormData): Promise<Response> {
    if (body === undefined || body instanceof FormData) return this.fetch(path, { method, ...(body && { body }) });
    return this.fetch(path, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  }

  /** Sends, and expects a session back. */
  async session(method: string, path: string, body?: object | FormData): Promise<SessionView> {
    const answer = await this.send(method, `/v1/sessions${path}`, body);
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as SessionView;
  }

  create(request: object | FormData): Promise<SessionView> {
    return this.session("POST", "", request);
  }

  async bytes(path: string): Promise<Uint8Array> {
    const answer = await this.fetch(path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  /** The session once it is as wanted. */
  async until(id: string, wanted: (session: SessionView) => boolean): Promise<SessionView> {
    for (let tries = 0; tries < 2000; tries++) {
      const session = await this.session("GET", `/${id}`);
      if (wanted(session)) return session;
      await new Promise((done) => setTimeout(done, 30));
    }
    throw new Error(`it never became so: ${JSON.stringify(await this.session("GET", `/${id}`))}`);
  }

  /** Events until `enough` of those that came. */
  async events(
    path: string,
    enough: (events: ServiceEvent[]) => boolean,
    headers: Record<string, string> = {},
  ): Promise<ServiceEvent[]> {
    const end = new AbortController();
    const answer = await this.fetch(path, { headers, signal: end.signal });
    const events: ServiceEvent[] = [];
    let rest = "";
    try {
      for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>) {
        const parts = (rest + Buffer.from(part).toString("utf8")).split("\n\n");
        rest = parts.pop() as string;
        events.push(...parts.filter((text) => /^data:/m.test(text)).map(eventOf));
        if (enough(events)) break;
      }
    } finally {
      end.abort();
    }
    return events;
  }

  /** With headers that browsers would not let scripts set. */
  raw(method: string, path: string, headers: Record<string, string>, body = ""): Promise<RawAnswer> {
    const { port } = new URL(this.origin);
    return new Promise((done, failed) => {
      const asked = httpRequest({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
        let text = "";
        answer.on("data", (part) => {
          text += part;
        });
        answer.on("end", () => done({ status: answer.statusCode as number, headers: answer.headers, text }));
      });
      asked.on("error", failed);
      asked.end(body);
    });
  }
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

function eventOf(text: string): ServiceEvent {
  const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, "m").exec(text)?.[1];
  const id = field("id");
  return {
    id: id === undefined ? undefined : Number(id),
    type: field("event") as string,
    data: JSON.parse(field("data") as string),
  };
}

/** A form with a request and files, of which a list stands for a field that is there several times. */
export function formWith(
  request: object,
  files: Readonly<Record<string, Uint8Array | readonly Uint8Array[]>>,
): FormData {
  const form = new FormData();
  form.set("request", JSON.stringify(request));
  for (const [name, value] of Object.entries(files)) {
    for (const bytes of value instanceof Uint8Array ? [value] : value) {
      form.append(name, new Blob([bytes as Uint8Array<ArrayBuffer>]), name);
    }
  }
  return form;
}
