/** Errors as RFC 9457 says them. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Refusal } from "../errors.js";
import { faultOf } from "../faults.js";
import type { Fault } from "../record.js";

const statuses: Readonly<Record<string, ContentfulStatusCode>> = {
  BAD_ARGUMENT: 400,
  BAD_FILE: 400,
  BAD_IMAGE: 400,
  BAD_MODEL: 422,
  BAD_PROMPT: 400,
  DEVICE_UNAVAILABLE: 503,
  IO_FAILED: 507,
  OUT_OF_LIMITS: 422,
  SHAPE_MISMATCH: 400,
  ABORTED: 503,
  NOT_FOUND: 404,
  CONFLICT: 409,
  TOO_MANY: 429,
  REUSED_KEY: 422,
  NOT_ALLOWED: 403,
  LOST: 503,
  NO_WORKER: 503,
  STORAGE_FULL: 507,
  REFUSED_TEXT: 422,
};

export function problem(context: Context, status: ContentfulStatusCode, fault: Fault): Response {
  return context.body(JSON.stringify({ type: "about:blank", status, ...fault }), status, {
    "Content-Type": "application/problem+json",
  });
}

export function problemOf(context: Context, error: unknown): Response {
  const fault = faultOf(error);
  if (error instanceof Refusal && error.retryAfter !== undefined) context.header("Retry-After", `${error.retryAfter}`);
  return problem(context, statuses[fault.code] ?? 500, fault);
}
