/** The studio behind a port of this machine. */
import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { requires } from "../core/errors.js";
import { bracketed, listening } from "../core/listening.js";
import { builtPath } from "../core/own-files.js";
import { LineLog } from "../files/line-log.js";
import type { PretrainedOptions } from "../vqgan-clip.js";
import type { Limits } from "./admission.js";
import { createApp } from "./http/app.js";
import { Keys } from "./keys.js";
import { openFolder } from "./on-node.js";
import { Policy } from "./policy.js";
import { Studio } from "./studio.js";

export interface ServerOptions {
  readonly folder: string;
  readonly models: PretrainedOptions;
  /** Default 127.0.0.1: this machine alone. */
  readonly host?: string;
  /** Default 0: one that is free. */
  readonly port?: number;
  /** What whoever asks must hold (default: drawn for this launch); beyond this machine one must be given. */
  readonly token?: string;
  /** What else clients call it by, as the Host of their requests says it: `pictures.example.org`, `server:7700`. */
  readonly names?: readonly string[];
  /** Text of a file of keys, which see their own sessions alone (default: none but the token). */
  readonly keys?: string;
  /** What may be asked for. */
  readonly limits?: Limits;
  /** Requests a minute of each key (default: any); the token may always ask. */
  readonly maxRate?: number;
  /** Text of a file of patterns that no text of a request may match (default: none). */
  readonly policy?: string;
  /** A file that each request that wants a token becomes a line of (default: none). */
  readonly audit?: string;
  /** Address of Redis: the engines are elsewhere, in workers that share it and the folder (default: one here). */
  readonly redis?: string;
  /** Whether the page is served (default true). */
  readonly page?: boolean;
  /** Whether the engine loads what is likely to be asked for, from the start on (default false). */
  readonly warm?: boolean;
  /** Told in words, when the start must wait for the folder, or a line of the audit cannot be written. */
  readonly onRemark?: (text: string) => void;
}

export interface RunningServer {
  /** With the token in its fragment, which browsers send to nobody. */
  readonly address: string;
  readonly port: number;
  readonly token: string;
  readonly studio: Studio;
  /** Checkpoints what runs, within a step, and ends. */
  close(): Promise<void>;
}

/** Where the build puts the page: beside the compiled sources. */
const PAGE = builtPath("studio");
const LOCAL = ["127.0.0.1", "localhost", "::1"];
const EVERYWHERE = ["0.0.0.0", "::"];

/**
 * Origins of pages of this server, by what it is called. Of a name that is not its own, no page can make it one; numbers are
 * nobody's name. Before given names there may be a server with TLS.
 */
function originsAt(host: string, port: number, given: readonly string[]): (called: string) => readonly string[] {
  const names = new Set([...LOCAL, host].map(bracketed));
  return (called) => {
    if (given.includes(called)) return [`http://${called}`, `https://${called}`];
    const name = called.endsWith(`:${port}`) ? called.slice(0, -`:${port}`.length) : port === 80 ? called : "";
    const isNumber = /^([\d.]+|\[[\da-f:.]+\])$/.test(name);
    return names.has(name) || (EVERYWHERE.includes(host) && isNumber) ? [`http://${called}`] : [];
  };
}

/** @throws BAD_ARGUMENT, IO_FAILED when the port is taken; what `Studio.open` throws */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host = "127.0.0.1", port: wanted = 0, page = true, names = [] } = options;
  requires(
    LOCAL.includes(host) || options.token !== undefined,
    "BAD_ARGUMENT",
    () => `--host ${host}: others on the network could reach the server`,
    "set VQGAN_CLIP_SERVICE_TOKEN to a token of your own, of at least 16 characters",
  );
  requires(
    options.token === undefined || /^[\w.~-]{16,200}$/.test(options.token),
    "BAD_ARGUMENT",
    () => "the token: expected 16 to 200 letters, digits or any of . _ ~ -",
    "openssl rand -hex 24 draws one",
  );
  for (const name of names) {
    requires(
      /^([a-z\d.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i.test(name),
      "BAD_ARGUMENT",
      () => `--name: expected a host's name, with its port if clients say it, got ${JSON.stringify(name)}`,
      "such as pictures.example.org or server:7700",
    );
  }
  requires(
    !options.warm || options.redis === undefined,
    "BAD_ARGUMENT",
    () => "--warm: with --redis the engines are elsewhere",
    "leave one of them out",
  );
  const keys = options.keys === undefined ? undefined : Keys.parse(options.keys, "--keys");
  const policy = options.policy === undefined ? undefined : Policy.parse(options.policy, "--policy");
  const limits: Limits = { ...options.limits, allowanceOf: (owner) => keys?.named(owner) };
  const token = options.token ?? randomBytes(24).toString("base64url");
  const { audit, onRemark = () => {} } = options;
  const log = audit === undefined ? undefined : await LineLog.open(audit, onRemark);
  let fetch: (request: Request) => Response | Promise<Response> = () => new Response(null, { status: 503 });
  const server = createAdaptorServer({ fetch: (request) => fetch(request) }) as Server;
  const port = await listening(server, host, wanted);
  const studio = await opened(options, limits).catch(async (error: unknown) => {
    server.close();
    await log?.close();
    throw error;
  });
  studio.expect();
  const originsOf = originsAt(
    host,
    port,
    names.map((name) => name.toLowerCase()),
  );
  const guard = { token, keys, originsOf, cookie: `vqgan-clip-${port}` };
  const watched = { onAnswer: log && ((entry: object) => log.add(entry)), maxRate: options.maxRate, policy };
  fetch = createApp(studio, { ...guard, ...watched, page: page ? PAGE : undefined }).fetch as typeof fetch;
  return {
    address: `http://${bracketed(EVERYWHERE.includes(host) ? "127.0.0.1" : host)}:${port}/#token=${token}`,
    port,
    token,
    studio,
    close: async () => {
      server.close();
      await studio.close();
      server.closeAllConnections();
      await log?.close();
    },
  };
}

async function opened(
  { folder, models, redis, warm, onRemark: onWait }: ServerOptions,
  limits: Limits,
): Promise<Studio> {
  if (redis === undefined) return Studio.open(await openFolder({ folder, models, onWait }), limits, { warm });
  const { openRoutedStudio } = await import("./network/studio.js"); // what only many machines need
  return openRoutedStudio({ redis, folder, models }, limits);
}
