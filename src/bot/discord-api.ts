/** The part of Discord's REST API that is used: answers are edited, commands registered. */
import { VqganClipError } from "../core/errors.js";
import { EPHEMERAL, NO_MENTIONS } from "./interaction.js";

export const DISCORD = "https://discord.com/api/v10";

export interface Picture {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly type: string;
  /** For people who do not see it. */
  readonly alt: string;
}

/** Milliseconds for an answer. */
const PATIENCE = 20_000;
/** How often it is asked what may go another time. */
const MOST_TRIES = 3;
/** Seconds to wait when it does not say how long, and at most. */
const [USUAL_WAIT, MOST_WAIT] = [1, 30];

export class DiscordApi {
  constructor(private readonly base: string = DISCORD) {}

  /**
   * Edits the answer to an interaction: the message, and the picture that it shows in the place of all that it showed.
   *
   * @throws IO_FAILED
   */
  async editAnswer(application: string, token: string, message: object, picture?: Picture): Promise<void> {
    const body = () => {
      if (!picture) return JSON.stringify(message);
      const form = new FormData();
      const attachments = [{ id: 0, filename: picture.name, description: picture.alt }];
      form.set("payload_json", JSON.stringify({ ...message, attachments }));
      form.set("files[0]", new Blob([picture.bytes as Uint8Array<ArrayBuffer>], { type: picture.type }), picture.name);
      return form;
    };
    await this.send("PATCH", `/webhooks/${application}/${encodeURIComponent(token)}/messages/@original`, body);
  }

  /** A line behind an answer that only the one who asked sees. @throws IO_FAILED */
  async tellAside(application: string, token: string, content: string): Promise<void> {
    const body = () => JSON.stringify({ content, flags: EPHEMERAL, allowed_mentions: NO_MENTIONS });
    await this.send("POST", `/webhooks/${application}/${encodeURIComponent(token)}`, body);
  }

  /** Makes these the application's commands everywhere, in the place of those it had. @throws IO_FAILED */
  async register(application: string, token: string, commands: readonly object[]): Promise<void> {
    const body = () => JSON.stringify(commands);
    await this.send("PUT", `/applications/${application}/commands`, body, { Authorization: `Bot ${token}` });
  }

  private async send(
    method: string,
    path: string,
    body: () => string | FormData,
    secret: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    for (let tries = 1; ; tries++) {
      const content = body();
      const headers = { ...secret, ...(typeof content === "string" && { "Content-Type": "application/json" }) };
      const signal = AbortSignal.timeout(PATIENCE);
      // Neither the address nor the cause goes into the message: both may hold a token.
      const answer = await fetch(this.base + path, { method, headers, body: content, signal, redirect: "error" }).catch(
        () => undefined,
      );
      await answer?.body?.cancel();
      if (answer?.ok) return;
      if (tries === MOST_TRIES || !passes(method, answer?.status)) throw refusedBy(method, answer?.status);
      const asked = Number(answer?.headers.get("retry-after") ?? USUAL_WAIT);
      const wait = Math.min(MOST_WAIT, Number.isFinite(asked) ? asked : USUAL_WAIT);
      await new Promise((done) => setTimeout(done, 1000 * wait));
    }
  }
}

/** Whether it may go another time: too many requests, trouble of theirs, or an edit that came before what it edits. */
function passes(method: string, status: number | undefined): boolean {
  if (status === undefined || status === 429 || status >= 500) return true;
  return status === 404 && method === "PATCH";
}

function refusedBy(method: string, status: number | undefined): VqganClipError {
  const known: Readonly<Record<number, string>> = {
    401: "the bot's token is another one: copy it from the application's page (Bot)",
    403: "the bot's token is another one, or may not do this",
    404: "the message is gone, or the application's id is another one",
  };
  const how = status === undefined ? "Discord's API cannot be reached" : `Discord's API answered ${status}`;
  return new VqganClipError("IO_FAILED", `${method}: ${how}`, status === undefined ? undefined : known[status]);
}
