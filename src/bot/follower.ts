/** Keeps a message as its session is: edited every few seconds with the latest picture, until the session rests. */
import type { DiscordApi, Picture } from "./discord-api.js";
import { isGoingOn, lineMessage, messageOf, type Standing } from "./message.js";
import type { ServiceClient } from "./service-client.js";

/** Where an answer is edited: good for 15 minutes from when it was asked. */
export interface Reply {
  readonly application: string;
  readonly token: string;
}

export interface FollowerOptions {
  readonly session: string;
  readonly owner: string;
  readonly reply: Reply;
  /** Milliseconds between two edits. */
  readonly interval: number;
  /** Told, in words without secrets, what could not be done. */
  readonly onFault: (text: string) => void;
}

/** Discord takes edits for 15 minutes: the last of ours says how to see more. */
const LIFETIME = 14 * 60_000;
const RECONNECT = 1000;
const OVER = "Discord shows no more of it: press a button to see how it goes on";

export class Follower {
  private readonly end = new AbortController();
  private view: Standing | undefined;
  /** Address of the latest picture on the way. */
  private latest: string | undefined;
  /** What the message shows: the address of its picture, and all else as JSON. */
  private shown: string | undefined;
  private shownState: string | undefined;

  constructor(
    private readonly service: ServiceClient,
    private readonly discord: DiscordApi,
    private readonly options: FollowerOptions,
  ) {}

  /** Another one edits the message from now on. */
  stop(): void {
    this.end.abort();
  }

  /** Until the session rests, the time is over, or it is stopped. Never throws. */
  async follow(): Promise<void> {
    const { signal } = this.end;
    const life = setTimeout(() => this.end.abort("over"), LIFETIME);
    const edits = this.edits();
    try {
      await this.listen();
    } catch (error) {
      if (!signal.aborted) this.options.onFault(`session ${this.options.session}: ${messageIn(error)}`);
    } finally {
      clearTimeout(life);
      const isOver = signal.reason === "over";
      if (!signal.aborted) this.end.abort("rests");
      await edits;
      if (signal.reason === "rests" || isOver) await this.edit(isOver ? OVER : undefined);
    }
  }

  /** Hears events until the session rests; a broken line is taken up again where it broke. */
  private async listen(): Promise<void> {
    const { signal } = this.end;
    let lastId: string | undefined;
    while (!signal.aborted) {
      try {
        for await (const { id, type, data } of this.service.events(this.options.session, signal, lastId)) {
          lastId = id ?? lastId;
          if (type === "deleted") {
            this.view = undefined;
            throw new Gone();
          }
          this.hear(type, data);
          if (this.view && !isGoingOn(this.view)) return;
        }
      } catch (error) {
        if (error instanceof Gone || signal.aborted) throw error;
      }
      await pause(RECONNECT, signal);
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: each type of event has data of its own
  private hear(type: string, data: any): void {
    if (type === "state") {
      this.view = data;
      this.latest = data.preview ?? this.latest;
    } else if (type === "step" && this.view) {
      const { step, steps, etaSeconds } = data;
      this.view = { ...this.view, status: "running", position: null, step, steps, etaSeconds };
    } else if (type === "preview") this.latest = data.url;
  }

  private async edits(): Promise<void> {
    const { signal } = this.end;
    while (!signal.aborted) {
      if (this.view) await this.edit();
      await pause(this.options.interval, signal);
    }
  }

  /** What Discord refuses costs an edit, never the picture. */
  private async edit(more?: string): Promise<void> {
    const { owner, reply, session, onFault } = this.options;
    const { view } = this;
    const message = view ? messageOf(view, owner, more) : lineMessage("The picture is gone.");
    const source = view && this.sourceOf(view);
    const state = JSON.stringify(message);
    if (state === this.shownState && source === this.shown) return;
    try {
      const picture =
        source === undefined || source === this.shown
          ? undefined
          : await this.picture(source, view?.settings.prompts as string);
      await this.discord.editAnswer(reply.application, reply.token, message, picture);
      this.shownState = state;
      this.shown = source;
    } catch (error) {
      onFault(`session ${session}: ${messageIn(error)}`);
    }
  }

  /** Address of what is to be seen: at the end the PNG that tells how it was made, on the way a small one. */
  private sourceOf({ status, id }: Standing): string | undefined {
    return status === "finished" ? `/v1/sessions/${id}/picture.png` : this.latest;
  }

  private async picture(source: string, prompts: string): Promise<Picture> {
    const bytes = await this.service.bytes(source);
    const alt = prompts.slice(0, 1000);
    const isWhole = source.endsWith(".png");
    return { name: isWhole ? "picture.png" : "picture.webp", type: isWhole ? "image/png" : "image/webp", bytes, alt };
  }
}

class Gone extends Error {
  override readonly message = "it was deleted";
}

const messageIn = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done();
    const timer = setTimeout(finish, milliseconds);
    signal.addEventListener("abort", finish, { once: true });
    function finish() {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      done();
    }
  });
}
