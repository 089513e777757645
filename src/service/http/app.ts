/** The wire: addresses to commands of the studio, and nothing of how pictures are made. */
import { readFileSync } from "node:fs";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { settingsSchema } from "../../guidance/settings.js";
import { readPicture } from "../read-picture.js";
import {
  changesSchema,
  checked,
  editSchema,
  forkSchema,
  maskSchema,
  paintSchema,
  pictureSchema,
  switchSchema,
  tokenSchema,
} from "../requests.js";
import type { Studio } from "../studio.js";
import { boundedBodies, formOf, isForm, jsonOf } from "./bodies.js";
import { docsPage } from "./docs-page.js";
import { type GuardOptions, login, sameOrigin, secured, withToken } from "./guard.js";
import { openApiOf } from "./openapi.js";
import { pageFrom } from "./page.js";
import { problem, problemOf } from "./problem.js";
import { streamEvents } from "./stream.js";

export interface AppOptions extends GuardOptions {
  /** Folder of the built page; undefined: none is served. */
  readonly page: string | undefined;
}

const FOR_EVER = "private, max-age=31536000, immutable";

export function createApp(studio: Studio, options: AppOptions): Hono {
  const app = new Hono();
  app.use(secured);
  app.use(sameOrigin(options));
  app.onError((error, context) => problemOf(context, error));

  app.get("/health", (context) => context.json({ status: "ok" }));
  const document = openApiOf(packageVersion());
  app.get("/openapi.json", (context) => context.json(document));
  app.get("/docs", (context) => context.html(docsPage(document)));

  app.use("/v1/*", async (context, next) => {
    await next();
    if (!context.res.headers.has("Cache-Control")) context.res.headers.set("Cache-Control", "no-store");
  });
  app.use("/v1/*", boundedBodies);
  app.post("/v1/token", async (context) => {
    return login(context, checked(tokenSchema, await jsonOf(context)).token, options);
  });
  app.use("/v1/*", withToken(options));

  app.get("/v1/info", async (context) => {
    const settings = z.toJSONSchema(settingsSchema, { io: "input", unrepresentable: "any" });
    return context.json({ version: packageVersion(), ...(await studio.info()), settings });
  });
  app.get("/v1/events", (context) => streamEvents(context, studio.events, () => ({ sessions: studio.all() })));
  app.post("/v1/read", async (context) => context.json(readPicture(await bytesOf(context))));
  app.post("/v1/mask", async (context) => {
    const { request, image } = await formOf(context);
    return png(context, await studio.pictures.maskIn(image ?? new Uint8Array(), checked(maskSchema, request)));
  });

  app.get("/v1/sessions", (context) => context.json({ sessions: studio.all() }));
  app.post("/v1/sessions", async (context) => context.json(await studio.making.create(...(await asked(context))), 201));
  app.post("/v1/plan", async (context) => context.json(await studio.making.plan(...(await asked(context)))));

  app.get("/v1/sessions/:id", (context) => context.json(studio.view(context.req.param("id"))));
  app.patch("/v1/sessions/:id", async (context) => {
    return context.json(
      await studio.commands.change(context.req.param("id"), checked(changesSchema, await jsonOf(context))),
    );
  });
  app.delete("/v1/sessions/:id", async (context) => {
    await studio.commands.remove(context.req.param("id"));
    return context.body(null, 204);
  });
  for (const command of ["pause", "resume", "cancel", "restore"] as const) {
    app.post(`/v1/sessions/:id/${command}`, async (context) =>
      context.json(await studio.commands[command](context.req.param("id") as string)),
    );
  }
  app.post("/v1/sessions/:id/fork", async (context) => {
    return context.json(
      await studio.branches.fork(context.req.param("id"), checked(forkSchema, await jsonOf(context))),
    );
  });
  app.post("/v1/sessions/:id/switch", async (context) => {
    const { node } = checked(switchSchema, await jsonOf(context));
    return context.json(await studio.branches.switchTo(context.req.param("id"), node));
  });
  app.post("/v1/sessions/:id/paint", async (context) => {
    const { request, ...files } = await formOf(context);
    return context.json(await studio.branches.paint(context.req.param("id"), checked(paintSchema, request), files));
  });
  app.post("/v1/sessions/:id/mask", async (context) => {
    const asked = checked(maskSchema, await jsonOf(context));
    return png(context, await studio.pictures.maskOf(context.req.param("id"), asked));
  });
  app.get("/v1/sessions/:id/events", (context) => {
    const id = context.req.param("id");
    return streamEvents(context, studio.eventsOf(id), () => studio.view(id));
  });
  app.get("/v1/sessions/:id/preview/:node{[0-9]{1,7}}/:file{[0-9]{1,7}\\.webp}", async (context) => {
    const { id, node, file } = context.req.param();
    return webp(context, await studio.pictures.preview(id, Number(node), Number.parseInt(file, 10)));
  });
  app.get("/v1/sessions/:id/prompt-image/:file{[0-9]{1,2}\\.webp}", async (context) => {
    const { id, file } = context.req.param();
    return webp(context, await studio.pictures.promptImage(id, Number.parseInt(file, 10)));
  });
  app.get("/v1/sessions/:id/picture.png", async (context) =>
    png(context, await studio.pictures.picture(context.req.param("id"))),
  );
  app.get("/v1/sessions/:id/timelapse.webp", async (context) => {
    const moving = await studio.pictures.timelapse(context.req.param("id"));
    return context.body(moving as Uint8Array<ArrayBuffer>, 200, { "Content-Type": "image/webp" });
  });
  app.get("/v1/sessions/:id/session.vqclip", async (context) => {
    const id = context.req.param("id");
    const archive = await studio.pictures.archive(id);
    return context.body(archive as Uint8Array<ArrayBuffer>, 200, {
      "Content-Type": "application/zip",
      "Content-Disposition": `attachment; filename="${id}.vqclip"`,
    });
  });
  app.all("/v1/*", (context) =>
    problem(context, 404, { code: "NOT_FOUND", title: "Not found", detail: `there is no ${context.req.path}` }),
  );

  app.get("*", pageFrom(options.page));
  app.notFound((context) =>
    problem(context, 404, { code: "NOT_FOUND", title: "Not found", detail: `there is no ${context.req.path}` }),
  );
  return app;
}

/** A session that is asked for, with what came along. @throws BAD_ARGUMENT */
async function asked(context: Context): Promise<Parameters<Studio["making"]["create"]>> {
  if (!isForm(context)) return [checked(pictureSchema, await jsonOf(context)), {}];
  const { request, ...files } = await formOf(context, { imagePrompts: true });
  return [checked(files.image ? editSchema : pictureSchema, request), files];
}

function png(context: Context, bytes: Uint8Array): Response {
  return context.body(bytes as Uint8Array<ArrayBuffer>, 200, { "Content-Type": "image/png" });
}

/** What is behind its address never changes. */
function webp(context: Context, bytes: Uint8Array): Response {
  const headers = { "Content-Type": "image/webp", "Cache-Control": FOR_EVER };
  return context.body(bytes as Uint8Array<ArrayBuffer>, 200, headers);
}

async function bytesOf(context: Context): Promise<Uint8Array> {
  return new Uint8Array(await context.req.arrayBuffer());
}

function packageVersion(): string {
  const file = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(file) as { version: string }).version;
}
