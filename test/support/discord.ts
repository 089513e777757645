/** Discord as a bot knows it: it signs interactions with a key of its own, and takes edits of its answers. */
import { generateKeyPairSync, sign } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { RunningCli } from "./running-cli.js";

/** What the bot made of a message, or asked for. */
export interface Edit {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: each kind of request has a body of its own
  readonly body: any;
  readonly picture: Uint8Array | undefined;
}

interface Button {
  readonly label: string;
  readonly custom_id: string;
  readonly disabled: boolean;
}

export class Discord {
  readonly edits: Edit[] = [];
  /** How it refuses the next requests. */
  readonly refusals: (404 | 429 | 500)[] = [];
  private readonly keys = generateKeyPairSync("ed25519");
  private server: Server | undefined;
  private count = 0;

  readonly publicKey = Buffer.from(this.keys.publicKey.export({ format: "jwk" }).x as string, "base64url").toString(
    "hex",
  );

  /** @returns the address of its REST API */
  async start(): Promise<string> {
    const app = new Hono();
    app.all("*", async (context) => {
      const refusal = this.refusals.shift();
      if (refusal !== undefined) return context.json({ message: "no" }, refusal, { "Retry-After": "0.05" });
      const isForm = context.req.header("content-type")?.startsWith("multipart/");
      const form = isForm ? await context.req.formData() : undefined;
      const file = form?.get("files[0]") as File | null | undefined;
      this.edits.push({
        method: context.req.method,
        path: context.req.path,
        authorization: context.req.header("authorization"),
        body: form ? JSON.parse(form.get("payload_json") as string) : await context.req.json(),
        picture: file ? new Uint8Array(await file.arrayBuffer()) : undefined,
      });
      return context.json({});
    });
    this.server = createAdaptorServer({ fetch: app.fetch }) as Server;
    await new Promise<void>((done) => this.server?.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  end(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  /** @param age seconds ago @param change what a stranger does to the body on the way */
  async send(
    address: string,
    interaction: object,
    { age = 0, change = (body: string) => body } = {},
  ): Promise<Response> {
    const body = JSON.stringify(interaction);
    const timestamp = String(Math.floor(Date.now() / 1000) - age);
    const signature = sign(null, Buffer.from(timestamp + body), this.keys.privateKey).toString("hex");
    const headers = { "X-Signature-Ed25519": signature, "X-Signature-Timestamp": timestamp };
    return fetch(address, { method: "POST", headers, body: change(body) });
  }

  /** Somebody does something. @returns what the bot says at once, and the token of its message */
  // biome-ignore lint/suspicious/noExplicitAny: each answer has data of its own
  async act(address: string, user: string, interaction: object): Promise<{ answer: any; token: string }> {
    const token = `secret-token-${++this.count}`;
    const facts = { id: String(1000 + this.count), application_id: "42", token, member: { user: { id: user } } };
    const response = await this.send(address, { ...facts, ...interaction });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return { answer: await response.json(), token };
  }

  imagine(address: string, user: string, options: Readonly<Record<string, unknown>>) {
    const given = Object.entries(options).map(([name, value]) => ({ name, value }));
    return this.act(address, user, { type: 2, data: { name: "imagine", options: given } });
  }

  press(address: string, user: string, { custom_id }: Button) {
    return this.act(address, user, { type: 3, data: { custom_id } });
  }

  /** Edits of one answer. */
  of(token: string): Edit[] {
    return this.edits.filter(({ path }) => path === `/webhooks/42/${token}/messages/@original`);
  }

  /** The first edit of an answer that is as wanted. */
  async until(token: string, wanted: (edit: Edit) => boolean): Promise<Edit> {
    for (let tries = 0; tries < 2000; tries++) {
      const edit = this.of(token).find(wanted);
      if (edit) return edit;
      await new Promise((done) => setTimeout(done, 30));
    }
    throw new Error(`it never became so: ${JSON.stringify(this.of(token).map(({ body }) => body.content))}`);
  }
}

export function buttonOf({ body }: Edit, label: string): Button {
  return body.components[0].components.find((button: Button) => button.label === label);
}

/** `vqgan-clip bot discord`; the address that it listens on is the first thing that it said. */
export function startBot(args: readonly string[], env: Readonly<Record<string, string>>): Promise<RunningCli> {
  return RunningCli.start(["bot", "discord", "--port", "0", ...args], /^\S+(?=\n)/, env);
}
