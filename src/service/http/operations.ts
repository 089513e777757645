/** Every request that the wire answers, as data: what it does, what comes with it, what comes back. */
import * as z from "zod";
import { infoSchema } from "../info.js";
import { planSchema } from "../making.js";
import { readPictureSchema } from "../read-picture.js";
import { faultSchema } from "../record.js";
import {
  changesSchema,
  editSchema,
  forkSchema,
  maskSchema,
  paintSchema,
  pictureSchema,
  switchSchema,
  tokenSchema,
} from "../requests.js";
import { shapeFileNames, shapeFiles } from "../shapes.js";
import { usageSchema } from "../usage.js";
import { binSchema, summarySchema, viewSchema } from "../views.js";
import { givenSchema, givingSchema } from "./given.js";
import { predictionRequestSchema, predictionSchema } from "./predictions.js";

/** Schemas that have a name in the document. */
export const named = {
  Session: viewSchema,
  Summary: summarySchema,
  Sessions: z.object({ sessions: z.array(summarySchema) }),
  Info: infoSchema.extend({
    version: z.string(),
    settings: z.looseObject({}).describe("JSON schema of all settings"),
  }),
  Plan: planSchema,
  ReadPicture: readPictureSchema,
  Usage: usageSchema,
  Bin: binSchema,
  Giving: givingSchema,
  Given: givenSchema,
  Prediction: predictionSchema,
  PredictionRequest: predictionRequestSchema,
  Health: z.object({ status: z.literal("ok") }),
  Problem: faultSchema.extend({ type: z.literal("about:blank"), status: z.int() }),
  Picture: pictureSchema,
  Edit: editSchema,
  Changes: changesSchema,
  Fork: forkSchema,
  Switch: switchSchema,
  Paint: paintSchema,
  Mask: maskSchema,
  Token: tokenSchema,
} satisfies Record<string, z.ZodType>;
export type Named = keyof typeof named;

/** What a body is: a named schema as JSON, or a media type. */
type Content =
  | Named
  | "image/png"
  | "image/webp"
  | "application/json"
  | "application/zip"
  | "video/mp4"
  | "video/webm"
  | (typeof shapeFiles)[keyof typeof shapeFiles]
  | "text/event-stream"
  | "text/html"
  | "text/plain";

export interface Operation {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** Parameters in braces. */
  readonly path: string;
  readonly summary: string;
  /** A JSON body, of which all may be left out where nothing in it is required. */
  readonly json?: Named;
  /** A form: the schema of its field `request`, and its files; with a star, the field may be there several times. */
  readonly form?: { readonly request?: Named; readonly files: readonly string[] };
  /** A body of another kind. */
  readonly body?: Content;
  /** Headers that count. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What comes back by status; undefined: nothing. */
  readonly answers: Readonly<Record<number, Content | undefined>>;
  /** Needs no token. */
  readonly open?: true;
}

const session = { 200: "Session" } as const;
const made = {
  json: "Picture",
  form: { request: "Edit", files: ["image", "mask", "start", "prompt-image*", "frame*"] },
} as const;
const prediction = { 200: "Prediction" } as const;
const predicting = {
  json: "PredictionRequest",
  headers: { Prefer: "respond-async: answer at once; wait=SECONDS (60): when it is over, or then" },
  answers: { 200: "Prediction", 202: "Prediction" },
} as const;
const replay = { "Last-Event-ID": "the last event that was heard: those after it are sent again" };
const of = (rest: string) => `/v1/sessions/{id}${rest}`;

export const operations: readonly Operation[] = [
  { method: "get", path: "/health", summary: "that it answers", answers: { 200: "Health" }, open: true },
  { method: "get", path: "/openapi.json", summary: "this document", answers: { 200: "application/json" }, open: true },
  { method: "get", path: "/docs", summary: "this document, to be read", answers: { 200: "text/html" }, open: true },
  {
    method: "post",
    path: "/v1/token",
    summary: "the token as a cookie",
    json: "Token",
    answers: { 204: undefined },
    open: true,
  },
  {
    method: "get",
    path: "/v1/info",
    summary: "version, models, device, presets, the settings' JSON schema, what the models recommend",
    answers: { 200: "Info" },
  },
  {
    method: "get",
    path: "/v1/usage",
    summary: "how many sessions one has, and how many bytes of them are kept and may be",
    answers: { 200: "Usage" },
  },
  {
    method: "get",
    path: "/v1/bin",
    summary: "what one has deleted and can restore; with the launch's token, what anybody has",
    answers: { 200: "Bin" },
  },
  {
    method: "delete",
    path: "/v1/bin",
    summary: "what one has deleted is gone for good; with the launch's token, what anybody has",
    answers: { 204: undefined },
  },
  {
    method: "get",
    path: "/v1/events",
    summary: "events of the list: state, session, deleted",
    headers: replay,
    answers: { 200: "text/event-stream" },
  },
  {
    method: "post",
    path: "/v1/read",
    summary: "the settings that a PNG carries, ours or those of a parameters text",
    body: "image/png",
    answers: { 200: "ReadPicture" },
  },
  {
    method: "post",
    path: "/v1/mask",
    summary: "what of a picture a phrase or a rectangle covers",
    form: { request: "Mask", files: ["image"] },
    answers: { 200: "image/png" },
  },
  {
    method: "post",
    path: "/v1/plan",
    summary: "what a session would need, and what of it would not be done as asked; nothing is made",
    ...made,
    answers: { 200: "Plan" },
  },
  { method: "get", path: "/v1/sessions", summary: "summaries, newest first", answers: { 200: "Sessions" } },
  {
    method: "post",
    path: "/v1/sessions",
    summary: "a picture or a video to make; with an image one to edit, with frames ones to style",
    ...made,
    headers: { "Idempotency-Key": "of the client's: the same request by it makes no second session" },
    answers: { 201: "Session" },
  },
  { method: "get", path: of(""), summary: "all of one session", answers: session },
  {
    method: "patch",
    path: of(""),
    summary: "other settings, from the next step on",
    json: "Changes",
    answers: session,
  },
  { method: "delete", path: of(""), summary: "into the bin", answers: { 204: undefined } },
  { method: "post", path: of("/pause"), summary: "rests after the step that is being taken", answers: session },
  { method: "post", path: of("/resume"), summary: "waits for its turn", answers: session },
  { method: "post", path: of("/cancel"), summary: "given up; what it has is kept", answers: session },
  { method: "post", path: of("/restore"), summary: "out of the bin", answers: session },
  { method: "post", path: of("/fork"), summary: "a new node at a kept step", json: "Fork", answers: session },
  { method: "post", path: of("/switch"), summary: "another node goes on, as it is", json: "Switch", answers: session },
  {
    method: "post",
    path: of("/paint"),
    summary: "goes on from its picture painted over: a new node",
    form: { request: "Paint", files: ["image", "mask"] },
    answers: session,
  },
  {
    method: "post",
    path: of("/mask"),
    summary: "what of its picture a phrase or a rectangle covers",
    json: "Mask",
    answers: { 200: "image/png" },
  },
  {
    method: "get",
    path: of("/events"),
    summary: "events: state, step, preview, notice, error, deleted",
    headers: replay,
    answers: { 200: "text/event-stream" },
  },
  {
    method: "get",
    path: of("/preview/{node}/{file}"),
    summary: "a picture on the way, STEP.webp; it never changes",
    answers: { 200: "image/webp" },
  },
  {
    method: "get",
    path: of("/prompt-image/{file}"),
    summary: "a picture that it is to be near, N.webp, 1 for the first; it never changes",
    answers: { 200: "image/webp" },
  },
  { method: "get", path: of("/picture.png"), summary: "its picture with its story", answers: { 200: "image/png" } },
  {
    method: "post",
    path: of("/address"),
    summary: "an address of its picture for others, which ends by itself",
    json: "Giving",
    answers: { 201: "Given" },
  },
  {
    method: "get",
    path: "/given/{id}/picture.png",
    summary: "the picture of an address that was given, which says until when and is signed",
    answers: { 200: "image/png" },
    open: true,
  },
  {
    method: "get",
    path: "/metrics",
    summary: "how things stand, for Prometheus; for the launch's token alone",
    answers: { 200: "text/plain" },
  },
  { method: "post", path: "/predictions", summary: "a session as a prediction, as Cog has them", ...predicting },
  { method: "put", path: "/predictions/{id}", summary: "the same by an id of the client's", ...predicting },
  { method: "get", path: "/predictions/{id}", summary: "a prediction", answers: prediction },
  { method: "post", path: "/predictions/{id}/cancel", summary: "given up", answers: prediction },
  { method: "get", path: of("/timelapse.webp"), summary: "how it grew, moving", answers: { 200: "image/webp" } },
  ...shapeFileNames.map((file) => ({
    method: "get" as const,
    path: of(`/${file}`),
    summary: `what is drawn beside pixels, where the info's \`shapes\` names it: ${file}`,
    answers: { 200: shapeFiles[file] },
  })),
  ...(["webp", "mp4", "webm"] as const).map((format) => ({
    method: "get" as const,
    path: of(`/video.${format}`),
    summary: `the finished frames of a video or of styled ones${format === "webp" ? ", moving" : "; needs ffmpeg"}`,
    answers: { 200: format === "webp" ? ("image/webp" as const) : (`video/${format}` as const) },
  })),
  {
    method: "get",
    path: of("/frame/{file}"),
    summary: "a finished frame with its story, N.png, 1 for the first",
    answers: { 200: "image/png" },
  },
  { method: "get", path: of("/frames.zip"), summary: "all finished frames", answers: { 200: "application/zip" } },
  { method: "get", path: of("/session.vqclip"), summary: "the session", answers: { 200: "application/zip" } },
];

/** The methods that a path is answered by; none where nothing is there. */
export function methodsOf(path: string): string[] {
  const methods = operations
    .filter((each) => patternOf(each.path).test(path))
    .map(({ method }) => method.toUpperCase());
  return methods.includes("GET") ? [...methods, "HEAD"] : methods;
}

/** A path's parameters are what has no slash in it. */
function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/[.]/g, "\\.").replace(/\{\w+\}/g, "[^/]+")}$`);
}
