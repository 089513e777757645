/** What comes with requests: JSON, or a form with files; of a limited size, and of no other kind. */
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { VqganClipError } from "../../core/errors.js";
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
  if (!hasBody || kind === "application/json") return ofJson(context, next);
  if (kind === "multipart/form-data" || kind === "image/png") return ofUpload(context, next);
  return problem(context, 415, {
    code: "BAD_ARGUMENT",
    title: "A value cannot be used",
    detail: `content-type: expected application/json or multipart/form-data, got ${kind || "none"}`,
  });
};

/** An object; without a body, an empty one. @throws BAD_ARGUMENT */
export async function jsonOf(context: Context): Promise<unknown> {
  const text = await context.req.text();
  return text === "" ? {} : parsed(text, "request");
}

export interface Form {
  readonly request: unknown;
  readonly image: Uint8Array | undefined;
  readonly mask: Uint8Array | undefined;
}

export const isForm = (context: Context): boolean => kindOf(context) === "multipart/form-data";

/** The fields `request` (JSON), `image` and `mask` (files). @throws BAD_ARGUMENT on anything else */
export async function formOf(context: Context): Promise<Form> {
  const form = await context.req.formData().catch((cause: unknown) => {
    throw new VqganClipError("BAD_ARGUMENT", "request: the form cannot be read", undefined, { cause });
  });
  const fields: Record<string, Uint8Array | string> = {};
  for (const [name, value] of form.entries()) {
    if (!["request", "image", "mask"].includes(name) || Object.hasOwn(fields, name)) {
      throw new VqganClipError(
        "BAD_ARGUMENT",
        `request: there is no field "${name}", or it is there twice`,
        "known: request, image, mask",
      );
    }
    fields[name] = typeof value === "string" ? value : new Uint8Array(await (value as File).arrayBuffer());
  }
  const { request } = fields;
  const text = request instanceof Uint8Array ? Buffer.from(request).toString("utf8") : request;
  return {
    request: text === undefined ? {} : parsed(text, "request"),
    image: fileOf(fields, "image"),
    mask: fileOf(fields, "mask"),
  };
}

function fileOf(fields: Readonly<Record<string, Uint8Array | string>>, name: string): Uint8Array | undefined {
  const value = fields[name];
  if (value === undefined || value instanceof Uint8Array) return value;
  throw new VqganClipError("BAD_ARGUMENT", `${name}: expected a file, got a text`, "send the picture's bytes");
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new VqganClipError("BAD_ARGUMENT", `${name}: it is not JSON`);
  }
}
