/** The addresses of sessions: `/v1/sessions` and all below. */
import { Hono } from "hono";
import type { FilmFormat } from "../platform.js";
import { changesSchema, checked, forkSchema, maskSchema, paintSchema, switchSchema } from "../requests.js";
import { type ShapeFile, shapeFiles } from "../shapes.js";
import type { Studio } from "../studio.js";
import { formOf, jsonOf, pictureOf, repeatKeyOf } from "./bodies.js";
import { type Giving, givingSchema } from "./given.js";
import type { Env } from "./guard.js";
import { png, webp } from "./media.js";
import { streamEvents } from "./stream.js";

const FILMS: Readonly<Record<FilmFormat, string>> = { webp: "image/webp", mp4: "video/mp4", webm: "video/webm" };

export function sessionRoutes(studio: Studio, giving: Giving): Hono<Env> {
  const app = new Hono<Env>();
  app.get("/", (context) => context.json({ sessions: studio.all(context.get("caller").owner) }));
  app.post("/", async (context) => {
    const { owner } = context.get("caller");
    const { asked, uploads } = await pictureOf(context);
    return context.json(await studio.making.create(asked, uploads, { owner, key: repeatKeyOf(context) }), 201);
  });

  app.use("/:id/*", async (context, next) => {
    await studio.requireOwn(context.req.param("id"), context.get("caller").owner);
    return next();
  });
  for (const going of ["resume", "fork", "paint"]) {
    app.post(`/:id/${going}`, async (context, next) => {
      // The launch's token is no key: with it, a session goes on whose time is over.
      if (context.get("caller").owner === undefined) await studio.extend(context.req.param("id") as string);
      return next();
    });
  }
  app.get("/:id", (context) => context.json(studio.view(context.req.param("id"))));
  app.patch("/:id", async (context) => {
    const changes = checked(changesSchema, await jsonOf(context));
    return context.json(await studio.commands.change(context.req.param("id"), changes));
  });
  app.delete("/:id", async (context) => {
    await studio.commands.remove(context.req.param("id"));
    return context.body(null, 204);
  });
  for (const command of ["pause", "resume", "cancel", "restore"] as const) {
    app.post(`/:id/${command}`, async (context) =>
      context.json(await studio.commands[command](context.req.param("id") as string)),
    );
  }
  app.post("/:id/address", async (context) => {
    const { id } = studio.view(context.req.param("id"));
    return context.json(giving.give(id, checked(givingSchema, await jsonOf(context))), 201);
  });
  app.post("/:id/fork", async (context) => {
    const asked = checked(forkSchema, await jsonOf(context));
    return context.json(await studio.branches.fork(context.req.param("id"), asked));
  });
  app.post("/:id/switch", async (context) => {
    const { node } = checked(switchSchema, await jsonOf(context));
    return context.json(await studio.branches.switchTo(context.req.param("id"), node));
  });
  app.post("/:id/paint", async (context) => {
    const { request, ...files } = await formOf(context);
    return context.json(await studio.branches.paint(context.req.param("id"), checked(paintSchema, request), files));
  });
  app.post("/:id/mask", async (context) => {
    const asked = checked(maskSchema, await jsonOf(context));
    return png(context, await studio.pictures.maskOf(context.req.param("id"), asked));
  });
  app.get("/:id/events", (context) => {
    const id = context.req.param("id");
    return streamEvents(context, studio.eventsOf(id), () => studio.view(id));
  });
  app.get("/:id/preview/:node{[0-9]{1,7}}/:file{[0-9]{1,7}\\.webp}", async (context) => {
    const { id, node, file } = context.req.param();
    return webp(context, await studio.pictures.preview(id, Number(node), Number.parseInt(file, 10)));
  });
  app.get("/:id/prompt-image/:file{[0-9]{1,2}\\.webp}", async (context) => {
    const { id, file } = context.req.param();
    return webp(context, await studio.pictures.promptImage(id, Number.parseInt(file, 10)));
  });
  app.get("/:id/picture.png", async (context) => {
    return png(context, await studio.pictures.picture(context.req.param("id")));
  });
  app.get("/:id/timelapse.webp", async (context) => {
    const moving = await studio.pictures.timelapse(context.req.param("id"));
    return context.body(moving as Uint8Array<ArrayBuffer>, 200, { "Content-Type": "image/webp" });
  });
  for (const [file, media] of Object.entries(shapeFiles)) {
    app.get(`/:id/${file}`, async (context) => {
      const shape = await studio.pictures.shape(context.req.param("id") as string, file as ShapeFile);
      return context.body(shape as Uint8Array<ArrayBuffer>, 200, { "Content-Type": media });
    });
  }
  for (const [format, media] of Object.entries(FILMS)) {
    app.get(`/:id/video.${format}`, async (context) => {
      const film = await studio.films.video(context.req.param("id") as string, format as FilmFormat);
      return context.body(film as Uint8Array<ArrayBuffer>, 200, { "Content-Type": media });
    });
  }
  app.get("/:id/frame/:file{[0-9]{1,6}\\.png}", async (context) => {
    const { id, file } = context.req.param();
    return png(context, await studio.films.frame(id, Number.parseInt(file, 10)));
  });
  app.get("/:id/frames.zip", (context) => {
    const id = context.req.param("id");
    return context.body(studio.films.zip(id), 200, {
      "Content-Type": "application/zip",
      "Content-Disposition": `attachment; filename="${id}-frames.zip"`,
    });
  });
  app.get("/:id/session.vqclip", async (context) => {
    const id = context.req.param("id");
    const archive = await studio.pictures.archive(id);
    return context.body(archive as Uint8Array<ArrayBuffer>, 200, {
      "Content-Type": "application/zip",
      "Content-Disposition": `attachment; filename="${id}.vqclip"`,
    });
  });
  return app;
}
