/** What comes with requests: JSON, or a form with files; of a limited size, and of no other kind. */
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { requires, VqganClipError } from "../../core/errors.js";
import { shown } from "../../core/shown.js";
import type { Policy } from "../policy.js";
import {
  checked,
  type EditAsked,
  editSchema,
  MOST_FRAMES,
  MOST_IMAGE_PROMPTS,
  type PictureAsked,
  pictureSchema,
} from "../requests.js";
import { hasSource, type Uploads } from "../uploads.js";
import { problem } from "./problem.js";

const MOST_JSON = 256 * 1024;
export const MOST_UPLOAD = 64 * 1024 * 1024;

/** @param most bytes */
function limited(most: number): MiddlewareHandler {
  return bodyLimit({
    maxSize: most,
    onError: (context) => {
      context.header("Connection", "close"); // what is left of the body is not read
      return problem(context, 413, {
        code: "OUT_OF_LIMITS",
        title: "Too large",
        detail: `the request is larger than ${most} bytes`,
        hint: "send a smaller picture",
      });
    },
  });
}

const [ofJson, ofUpload] = [limited(MOST_JSON), limited(MOST_UPLOAD)];

const kindOf = (context: Context) => (context.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase();

/** Only JSON, forms with files and pictures pass, each within its size: what a plain form of another page sends does not. */
export const boundedBodies: MiddlewareHandler = async (context, next) => {
  if (context.req.method === "GET" || context.req.method === "HEAD") return next();
  const kind = kindOf(context);
  const hasBody =
    context.req.header("transfer-encoding") !== undefined || Number(context.req.header("content-length") ?? 0) > 0;
  const hasPictures = context.req.path.startsWith("/predictions"); // as data URLs
  if (!hasBody || (kind === "application/json" && !hasPictures)) return ofJson(context, next);
  if (kind === "application/json") return ofUpload(context, next);
  if (kind === "multipart/form-data" || kind === "image/png") return ofUpload(context, next);
  return problem(context, 415, {
    code: "BAD_ARGUMENT",
    title: "A value cannot be used",
    detail: `content-type: expected application/json or multipart/form-data, got ${kind || "none"}`,
    hint: "JSON goes with the header Content-Type: application/json (curl -d says otherwise), files as a form (curl -F)",
  });
};

/** What is read of bodies behind this is held against the policy. */
export function heldTo(policy: Policy): MiddlewareHandler {
  return async (context, next) => {
    context.set(POLICY, policy);
    return next();
  };
}

const POLICY = "policy";

/** An object; without a body, an empty one. @throws BAD_ARGUMENT, REFUSED_TEXT */
export async function jsonOf(context: Context): Promise<unknown> {
  const text = await context.req.text();
  return text === "" ? {} : parsed(context, text);
}

export interface Form {
  readonly request: unknown;
  readonly image: Uint8Array | undefined;
  readonly mask: Uint8Array | undefined;
  readonly start: Uint8Array | undefined;
  /** Image prompts, in their order. */
  readonly prompts: readonly Uint8Array[];
  /** Frames to style, in their order. */
  readonly frames: readonly Uint8Array[];
}

/** Fields that may be there several times, and how often. */
const MOST_OF: Readonly<Record<string, number>> = { "prompt-image": MOST_IMAGE_PROMPTS, frame: MOST_FRAMES };
/** Files of a form that makes a session, beside those of any. */
const MAKING = ["start", ...Object.keys(MOST_OF)];

const isForm = (context: Context): boolean => kindOf(context) === "multipart/form-data";

/**
 * The fields `request` (JSON), `image` and `mask` (files), and where a session is made, files `start`, `prompt-image`, `frame`.
 *
 * @throws BAD_ARGUMENT on anything else, REFUSED_TEXT
 */
export async function formOf(context: Context, { makes = false } = {}): Promise<Form> {
  const form = await context.req.formData().catch((cause: unknown) => {
    throw new VqganClipError("BAD_ARGUMENT", "request: the form cannot be read", undefined, { cause });
  });
  const known = ["request", "image", "mask", ...(makes ? MAKING : [])];
  for (const name of new Set(form.keys())) {
    const [count, most] = [form.getAll(name).length, MOST_OF[name]];
    requires(
      known.includes(name) && (most !== undefined || count === 1),
      "BAD_ARGUMENT",
      () => `request: there is no field "${name}", or it is there twice`,
      `known: ${known.join(", ")}`,
    );
    requires(
      most === undefined || count <= most,
      "BAD_ARGUMENT",
      () => `${name}: expected at most ${most} pictures, got ${count}`,
    );
  }
  const one = async (name: string) => {
    const value = form.get(name);
    return value === null ? undefined : bytesOf(value, name);
  };
  const several = (name: string) => Promise.all(form.getAll(name).map((value) => bytesOf(value, name)));
  const request = form.get("request");
  return {
    request: request === null ? {} : parsed(context, typeof request === "string" ? request : await request.text()),
    image: await one("image"),
    mask: await one("mask"),
    start: await one("start"),
    prompts: await several("prompt-image"),
    frames: await several("frame"),
  };
}

/** A session that is asked for, by JSON or by a form. @throws BAD_ARGUMENT */
export async function pictureOf(context: Context): Promise<{ asked: PictureAsked | EditAsked; uploads: Uploads }> {
  if (!isForm(context)) return { asked: checked(pictureSchema, await jsonOf(context)), uploads: {} };
  const { request, ...uploads } = await formOf(context, { makes: true });
  return { asked: checked(hasSource(uploads) ? editSchema : pictureSchema, request), uploads };
}

/** `Idempotency-Key`, with or without the quotes of the draft. @throws BAD_ARGUMENT */
export function repeatKeyOf(context: Context): string | undefined {
  const header = context.req.header("idempotency-key");
  const key = header?.replace(/^"(.*)"$/, "$1");
  requires(
    key === undefined || /^[!-~]{1,255}$/.test(key),
    "BAD_ARGUMENT",
    () => "Idempotency-Key: expected 1 to 255 printable characters without blanks",
    "a UUID does",
  );
  return key;
}

async function bytesOf(value: File | string, name: string): Promise<Uint8Array> {
  requires(
    typeof value !== "string",
    "BAD_ARGUMENT",
    () => `${name}: expected a file, got a text`,
    "send the picture's bytes",
  );
  return new Uint8Array(await value.arrayBuffer());
}

function parsed(context: Context, text: string): unknown {
  const request = fromJson(text);
  (context.get(POLICY) as Policy | undefined)?.require(request);
  return request;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message;
    const hint = "names and texts of JSON stand in double quotes";
    throw new VqganClipError("BAD_ARGUMENT", `request: it is not JSON: ${shown(reason)}`, hint);
  }
}
