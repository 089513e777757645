/** The wire: addresses to commands of the studio, and nothing of how pictures are made. */
import { type Context, Hono } from "hono";
import * as z from "zod";
import { ownPackage } from "../../core/own-files.js";
import { settingsSchema } from "../../guidance/settings.js";
import type { Policy } from "../policy.js";
import { readPicture } from "../read-picture.js";
import { checked, maskSchema, tokenSchema } from "../requests.js";
import type { Studio } from "../studio.js";
import { type AuditEntry, audited } from "./audit.js";
import { boundedBodies, formOf, heldTo, jsonOf, pictureOf } from "./bodies.js";
import { docsPage } from "./docs-page.js";
import { Giving, givenRoutes } from "./given.js";
import { type Env, type GuardOptions, launchOnly, login, sameOrigin, secured, withToken } from "./guard.js";
import { png } from "./media.js";
import { openApiOf } from "./openapi.js";
import { methodsOf } from "./operations.js";
import { pageFrom } from "./page.js";
import { predictionRoutes } from "./predictions.js";
import { problem, problemOf } from "./problem.js";
import { rateLimited } from "./rate.js";
import { sessionRoutes } from "./session-routes.js";
import { streamEvents } from "./stream.js";

export interface AppOptions extends GuardOptions {
  /** Folder of the built page; undefined: none is served. */
  readonly page: string | undefined;
  /** Told of each request that wants a token (default: nobody). */
  readonly onAnswer?: ((entry: AuditEntry) => void) | undefined;
  /** Requests a minute of each key (default: any). */
  readonly maxRate?: number | undefined;
  /** What no text of a request may match (default: nothing is refused). */
  readonly policy?: Policy | undefined;
}

/** What is told to those who hold a token; all else is the page, or open to anybody who may reach the server. */
const GUARDED = ["/v1/*", "/predictions/*", "/metrics"];

export function createApp(studio: Studio, options: AppOptions): Hono<Env> {
  const app = new Hono<Env>();
  app.use(secured);
  app.use(sameOrigin(options));
  app.onError((error, context) => problemOf(context, error));

  const document = openApiOf(ownPackage().version);
  app.get("/health", (context) => context.json({ status: "ok" }));
  app.get("/openapi.json", (context) => context.json(document));
  app.get("/docs", (context) => context.html(docsPage(document)));

  const { onAnswer, maxRate, policy } = options;
  for (const path of GUARDED) {
    if (onAnswer) app.use(path, audited(onAnswer));
    app.use(path, async (context, next) => {
      await next();
      if (!context.res.headers.has("Cache-Control")) context.res.headers.set("Cache-Control", "no-store");
    });
  }
  app.post("/v1/token", boundedBodies, async (context) => {
    return login(context, checked(tokenSchema, await jsonOf(context)).token, options);
  });
  for (const path of GUARDED) {
    app.use(path, withToken(options));
    if (maxRate !== undefined) app.use(path, rateLimited(maxRate));
    app.use(path, boundedBodies); // strangers' bodies are not read
    if (policy) app.use(path, heldTo(policy));
  }

  app.use("/metrics", launchOnly);
  app.get("/metrics", async (context) => context.text(await studio.metrics()));
  app.get("/v1/info", async (context) => {
    const settings = z.toJSONSchema(settingsSchema, { io: "input", unrepresentable: "any" });
    return context.json({ version: ownPackage().version, ...(await studio.info()), settings });
  });
  app.get("/v1/usage", async (context) => context.json(await studio.usageOf(context.get("caller").owner)));
  app.get("/v1/bin", async (context) => context.json(await studio.bin(context.get("caller").owner)));
  app.delete("/v1/bin", async (context) => {
    await studio.emptyBin(context.get("caller").owner);
    return context.body(null, 204);
  });
  app.get("/v1/events", (context) => {
    const { owner } = context.get("caller");
    const log = studio.events(owner);
    return streamEvents(context, log, () => ({ sessions: studio.all(owner), lastEventId: log.lastId }));
  });
  app.post("/v1/read", async (context) => context.json(readPicture(await bytesOf(context))));
  app.post("/v1/mask", async (context) => {
    const { request, image } = await formOf(context);
    return png(context, await studio.pictures.maskIn(image ?? new Uint8Array(), checked(maskSchema, request)));
  });
  app.post("/v1/plan", async (context) => {
    const { asked, uploads } = await pictureOf(context);
    return context.json(await studio.making.plan(asked, uploads));
  });
  const giving = new Giving(options.token);
  app.route("/given", givenRoutes(studio, giving));
  app.route("/v1/sessions", sessionRoutes(studio, giving));
  app.route("/predictions", predictionRoutes(studio));
  for (const path of GUARDED) app.all(path, notFound);

  app.get("*", pageFrom(options.page));
  app.notFound(notFound);
  return app;
}

/** Nothing is there, or not for this method. */
function notFound(context: Context): Response {
  const { path, method } = context.req;
  const allowed = methodsOf(path);
  if (allowed.length === 0 || allowed.includes(method)) {
    return problem(context, 404, {
      code: "NOT_FOUND",
      title: "Not found",
      detail: `there is no ${path}`,
      hint: "GET /docs shows what there is",
    });
  }
  context.header("Allow", allowed.join(", "));
  const detail = `${path} takes ${allowed.join(", ")}, not ${method}`;
  return problem(context, 405, { code: "BAD_ARGUMENT", title: "A value cannot be used", detail });
}

async function bytesOf(context: Context): Promise<Uint8Array> {
  return new Uint8Array(await context.req.arrayBuffer());
}
