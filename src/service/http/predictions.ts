/**
 * Sessions as predictions: the interface of models packed by Cog, for clients that speak it. `input` is what a session takes;
 * pictures come and go as data URLs, so that nothing is ever fetched from an address.
 */
import { type Context, Hono } from "hono";
import * as z from "zod";
import { requires } from "../../core/errors.js";
import { Refusal } from "../errors.js";
import { isOver } from "../record.js";
import { checked, editSchema, pictureSchema } from "../requests.js";
import type { Studio } from "../studio.js";
import type { SessionView } from "../views.js";
import { jsonOf } from "./bodies.js";
import type { Env } from "./guard.js";

const dataUrl = z.string().regex(/^data:[\w/+.-]+;base64,[A-Za-z0-9+/=]*$/, "expected a data URL in base64");

export const predictionRequestSchema = z.strictObject({
  input: z.looseObject({ image: dataUrl.optional(), mask: dataUrl.optional() }).describe("as a session's request"),
  id: z
    .string()
    .regex(/^[\w-]{1,64}$/, "expected up to 64 letters, digits, _ or -")
    .optional(),
  version: z.string().max(200).optional().describe("of no account: there is one model"),
  stream: z.literal(false).optional(),
  created_at: z.string().max(64).optional(),
});

const STATUSES = {
  queued: "starting",
  loading: "starting",
  running: "processing",
  paused: "processing",
  finished: "succeeded",
  failed: "failed",
  cancelled: "canceled",
} as const;

export const predictionSchema = z.object({
  id: z.string(),
  status: z.enum(["starting", "processing", "succeeded", "failed", "canceled"]),
  input: z.looseObject({}).describe("settings of the session"),
  output: z
    .string()
    .nullable()
    .describe("the picture, of a video an animated WebP, as a data URL, once it has succeeded"),
  error: z.string().nullable(),
  logs: z.string().describe("how far it is, as tqdm writes it"),
  created_at: z.string(),
  completed_at: z.string().nullable(),
  urls: z.object({ get: z.string(), cancel: z.string() }),
});
type Prediction = z.infer<typeof predictionSchema>;

/** Seconds that an answer is waited for where the request does not say. */
const USUAL_WAIT = 60;
const LONGEST_WAIT = 600;

export function predictionRoutes(studio: Studio): Hono<Env> {
  const app = new Hono<Env>();
  app.post("/", (context) => predict(context, studio));
  app.put("/:id", (context) => predict(context, studio, context.req.param("id")));
  app.get("/:id", async (context) => context.json(await told(context, studio, await found(context, studio))));
  app.post("/:id/cancel", async (context) => {
    const session = await found(context, studio);
    return context.json(
      await told(context, studio, isOver(session) ? session : await studio.commands.cancel(session.id)),
    );
  });
  return app;
}

async function predict(context: Context<Env>, studio: Studio, name?: string): Promise<Response> {
  const { input, id = name } = checked(predictionRequestSchema, await jsonOf(context));
  requires(name === undefined || id === name, "BAD_ARGUMENT", () => `id: the address says ${name}, the request ${id}`);
  const { image, mask, ...request } = input;
  const uploads = {
    ...(image !== undefined && { image: bytesOf(image) }),
    ...(mask !== undefined && { mask: bytesOf(mask) }),
  };
  const { owner } = context.get("caller");
  const key = id === undefined ? undefined : keyOf(checked(predictionRequestSchema.shape.id.unwrap(), id));
  const asked = checked(image === undefined ? pictureSchema : editSchema, request);
  const made = await studio.making.create(asked, uploads, { owner, key }).catch((error: unknown) => {
    if (!(error instanceof Refusal && error.code === "REUSED_KEY")) throw error;
    throw new Refusal("REUSED_KEY", `id: ${id} came with another request before`, "a new prediction needs a new id");
  });
  const wait = waitOf(context.req.header("prefer") ?? "");
  if (wait > 0) await ended(studio, made.id, wait * 1000, context.req.raw.signal);
  const prediction = await told(context, studio, studio.view(made.id), id);
  return context.json(prediction, prediction.completed_at === null ? 202 : 200);
}

/** No key of clients has a blank in it. */
const keyOf = (id: string): string => `prediction ${id}`;

/** By its own id, or that which its client gave it. @throws NOT_FOUND */
async function found(context: Context<Env>, studio: Studio): Promise<SessionView> {
  const { owner } = context.get("caller");
  const id = context.req.param("id") as string;
  const named = studio.making.madeBy(owner, keyOf(id));
  if (named) return named;
  await studio.requireOwn(id, owner);
  return studio.view(id);
}

async function told(
  context: Context<Env>,
  studio: Studio,
  session: SessionView,
  id = context.req.param("id") ?? session.id,
): Promise<Prediction> {
  const { status, step, steps, error, settings, film, createdAt, updatedAt } = session;
  const isBarred = hasEnded(session) && status === "paused";
  const made = () => (film ? studio.films.video(session.id, "webp") : studio.pictures.picture(session.id));
  const output = status === "finished" && dataUrlOf(film ? "webp" : "png", await made());
  const address = `${new URL(context.req.url).origin}/predictions/${id}`;
  return {
    id,
    status: isBarred ? "failed" : STATUSES[status],
    input: settings,
    output: output || null,
    error: error ? error.detail : isBarred ? session.rests : null,
    logs: steps > 0 ? `${Math.floor((100 * step) / steps)}%|steps| ${step}/${steps}\n` : "",
    created_at: createdAt,
    completed_at: hasEnded(session) ? updatedAt : null,
    urls: { get: address, cancel: `${address}/cancel` },
  };
}

/** Whether nothing more comes, unless somebody else lets it go on. */
const hasEnded = (session: SessionView): boolean =>
  isOver(session) || (session.status === "paused" && session.rests !== null);

const dataUrlOf = (kind: "png" | "webp", bytes: Uint8Array): string =>
  `data:image/${kind};base64,${Buffer.from(bytes).toString("base64")}`;

/** Seconds. */
function waitOf(prefer: string): number {
  if (/(^|,)\s*respond-async\s*(,|$)/.test(prefer)) return 0;
  const asked = /(^|,)\s*wait=(\d+)\s*(,|$)/.exec(prefer)?.[2];
  return Math.min(LONGEST_WAIT, asked === undefined ? USUAL_WAIT : Number(asked));
}

/** Until the session is over, or deleted, or nobody waits for it any more. */
function ended(studio: Studio, id: string, milliseconds: number, signal: AbortSignal): Promise<void> {
  if (hasEnded(studio.view(id)) || signal.aborted) return Promise.resolve();
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      unsubscribe();
      signal.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, milliseconds);
    const unsubscribe = studio.eventsOf(id).subscribe(({ type, data }) => {
      if (type === "deleted" || (type === "state" && hasEnded(data as SessionView))) end();
    });
    signal.addEventListener("abort", end);
  });
}

function bytesOf(url: string): Uint8Array {
  return new Uint8Array(Buffer.from(url.slice(url.indexOf(",") + 1), "base64"));
}
