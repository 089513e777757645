/**
 * Who may ask: a server on this machine is in reach of every page that its user visits. The Host must be ours (a page can
 * name this address by a name of its own), an Origin must be ours, and whoever asks must hold the token of this launch.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { type Caller, type Keys, scopes } from "../keys.js";
import { problem } from "./problem.js";

export interface GuardOptions {
  /** Of this launch: whoever holds it may do and see everything. */
  readonly token: string;
  /** Of others, where there are any. */
  readonly keys?: Keys | undefined;
  /** Where pages of this server are, when it is called so by a Host header; none when that names another. */
  readonly originsOf: (host: string) => readonly string[];
  /** Cookies know no ports: two servers of one machine would share one name. */
  readonly cookie: string;
}

const HEADERS = {
  "Content-Security-Policy":
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** For every answer: nobody frames it, nothing of others is loaded into it. */
export const secured: MiddlewareHandler = async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) context.res.headers.set(name, value);
};

export function sameOrigin({ originsOf }: GuardOptions): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header("host")?.toLowerCase() ?? "";
    const origins = originsOf(host);
    if (origins.length === 0) {
      const hint = "open the address that it printed; a --name of the server is another that it answers to";
      return refused(context, `the server is not called ${JSON.stringify(host)}`, hint);
    }
    const origin = context.req.header("origin");
    if (origin !== undefined && !origins.includes(origin)) {
      return refused(context, "the request comes from another page", "pages of other origins are never answered");
    }
    const site = context.req.header("sec-fetch-site");
    const isNavigation = context.req.header("sec-fetch-mode") === "navigate" && context.req.method === "GET";
    if (site !== undefined && site !== "same-origin" && site !== "none" && !isNavigation) {
      return refused(context, "the request comes from another page", "pages of other origins are never answered");
    }
    return next();
  };
}

/** What the guard tells those behind it. */
export interface Env {
  Variables: { caller: Caller };
}

/** The token or a key, as the cookie of `login` or as `Authorization: Bearer`; a key may do what its scopes say. */
export function withToken(options: GuardOptions): MiddlewareHandler<Env> {
  return async (context, next) => {
    const bearer = /^Bearer (.+)$/.exec(context.req.header("authorization") ?? "")?.[1];
    const given = bearer ?? getCookie(context, options.cookie);
    const caller = given === undefined ? undefined : callerOf(given, options);
    if (given === undefined) {
      const hint = "open the whole address that the server printed, or send Authorization: Bearer";
      return stranger(context, "the request carries no token", hint);
    }
    if (!caller) return stranger(context, OTHER, "open the address that the server printed last, or ask for a key");
    context.set("caller", caller);
    const needed = ["GET", "HEAD"].includes(context.req.method) ? "read" : "write";
    if (!caller.scopes.includes(needed)) {
      return refused(context, `the key may not ${needed}`, `use one with the scope ${needed}`);
    }
    return next();
  };
}

/** Only for whoever holds the token of this launch. */
export const launchOnly: MiddlewareHandler<Env> = async (context, next) => {
  if (context.get("caller").owner === undefined) return next();
  return refused(context, "a key sees its own sessions alone", "use the token of the launch");
};

function callerOf(given: string, { token, keys }: GuardOptions): Caller | undefined {
  return isSame(given, token) ? { scopes } : keys?.callerOf(given);
}

/** Takes the token or a key once and leaves it as a cookie that scripts cannot read and other sites cannot send. */
export function login(context: Context, given: string, options: GuardOptions): Response {
  if (!callerOf(given, options)) {
    return stranger(context, OTHER, "open the address that the server printed last");
  }
  const secure = context.req.header("origin")?.startsWith("https:") === true;
  setCookie(context, options.cookie, given, { httpOnly: true, sameSite: "Strict", path: "/", secure });
  return context.body(null, 204);
}

const OTHER = "the token is another one than that of this launch, and no key";

function stranger(context: Context, detail: string, hint: string): Response {
  return problem(context, 401, { code: "NO_TOKEN", title: "Who are you?", detail, hint });
}

function refused(context: Context, detail: string, hint: string): Response {
  return problem(context, 403, { code: "REFUSED", title: "Refused", detail, hint });
}

/** In a time that tells nothing. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
