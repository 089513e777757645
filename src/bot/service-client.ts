/** A client of the service (docs/service.md): sessions over HTTP, and what happens to them as it happens. */
import { EventSourceParserStream } from "eventsource-parser/stream";
import { VqganClipError } from "../core/errors.js";
import type { SessionView } from "../service/views.js";

export interface ServiceEvent {
  readonly id: string | undefined;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: each type of event has data of its own
  readonly data: any;
}

/** Milliseconds for an answer. */
const PATIENCE = 60_000;

export class ServiceClient {
  /** @param token that the service asks for */
  constructor(
    private readonly origin: string,
    private readonly token: string,
  ) {}

  /** Whether it answers, and to this token. @throws IO_FAILED, BAD_ARGUMENT */
  async check(): Promise<void> {
    await this.json("GET", "/v1/info");
  }

  create(request: object): Promise<SessionView> {
    return this.json("POST", "/v1/sessions", request);
  }

  view(id: string): Promise<SessionView> {
    return this.json("GET", `/v1/sessions/${id}`);
  }

  command(id: string, command: "pause" | "resume" | "cancel"): Promise<SessionView> {
    return this.json("POST", `/v1/sessions/${id}/${command}`);
  }

  fork(id: string, changes: object): Promise<SessionView> {
    return this.json("POST", `/v1/sessions/${id}/fork`, { ...changes, resume: true });
  }

  /** @param path of a preview or of a picture */
  async bytes(path: string): Promise<Uint8Array> {
    const answer = await this.ask("GET", path, undefined, AbortSignal.timeout(PATIENCE));
    return new Uint8Array(await answer.arrayBuffer());
  }

  /** What happens to a session, from where `lastId` ended. Ends when the line breaks. @throws IO_FAILED; ABORTED by `signal` */
  async *events(id: string, signal: AbortSignal, lastId?: string): AsyncGenerator<ServiceEvent> {
    const headers = lastId === undefined ? {} : { "Last-Event-ID": lastId };
    const answer = await this.ask("GET", `/v1/sessions/${id}/events`, undefined, signal, headers);
    if (!answer.body) return;
    const events = answer.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    for await (const { id, event = "message", data } of events as unknown as AsyncIterable<{
      readonly id?: string;
      readonly event?: string;
      readonly data: string;
    }>) {
      yield { id, type: event, data: JSON.parse(data) };
    }
  }

  private async json(method: string, path: string, body?: object): Promise<SessionView> {
    const answer = await this.ask(method, path, body, AbortSignal.timeout(PATIENCE));
    return (await answer.json()) as SessionView;
  }

  private async ask(
    method: string,
    path: string,
    body: object | undefined,
    signal: AbortSignal,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const headers = {
      Authorization: `Bearer ${this.token}`,
      ...(body && { "Content-Type": "application/json" }),
      ...more,
    };
    const asked = { method, headers, signal, ...(body && { body: JSON.stringify(body) }) };
    const answer = await fetch(this.origin + path, asked).catch((cause: unknown) => {
      const message = `the service at ${this.origin} cannot be reached`;
      throw new VqganClipError("IO_FAILED", message, "is vqgan-clip serve running?", { cause });
    });
    if (answer.ok) return answer;
    const problem = (await answer.json().catch(() => ({}))) as { detail?: unknown; hint?: unknown };
    const detail = typeof problem.detail === "string" ? problem.detail : `the service answered ${answer.status}`;
    const code = answer.status < 500 ? "BAD_ARGUMENT" : "IO_FAILED";
    throw new VqganClipError(code, detail, typeof problem.hint === "string" ? problem.hint : undefined);
  }
}
