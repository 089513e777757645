/** Where Discord sends interactions: one address, and nothing on it that is not signed. */
import type { KeyObject } from "node:crypto";
import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { bracketed, listening } from "../core/listening.js";
import type { Bot } from "./bot.js";
import { interactionSchema } from "./interaction.js";
import { isFromDiscord } from "./signature.js";

/** Bytes; an interaction has a few thousand. */
const MOST_BODY = 64 * 1024;
const limited = bodyLimit({
  maxSize: MOST_BODY,
  onError: (context) => {
    context.header("Connection", "close"); // what is left of the body is not read
    return context.text("the request is too large\n", 413);
  },
});

export function interactionsApp(bot: Bot, key: KeyObject): Hono {
  const app = new Hono();
  app.get("/health", (context) => context.json({ status: "ok" }));
  app.post("/interactions", limited, async (context) => {
    const body = new Uint8Array(await context.req.arrayBuffer());
    const [signature, timestamp] = ["x-signature-ed25519", "x-signature-timestamp"].map((name) =>
      context.req.header(name),
    );
    if (!isFromDiscord({ signature, timestamp, body }, key)) return context.text("the request is not signed\n", 401);
    const interaction = interactionSchema.safeParse(jsonOf(body));
    if (!interaction.success) return context.text("the interaction is of a kind that is not known\n", 400);
    return context.json(await bot.answer(interaction.data));
  });
  app.onError((_, context) => context.text("something went wrong inside\n", 500));
  return app;
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}

export interface Listening {
  readonly address: string;
  close(): Promise<void>;
}

/** @throws IO_FAILED when the port is taken */
export async function listen(app: Hono, host: string, port: number): Promise<Listening> {
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  const taken = await listening(server, host, port);
  return {
    address: `http://${bracketed(host)}:${taken}/interactions`,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
