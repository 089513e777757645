/** Errors as what is told of them. */
import { VqganClipError, withoutCall } from "../core/errors.js";
import { Refusal } from "./errors.js";
import type { Fault } from "./record.js";

/** Stable code, short title, what is wrong, what would work. An error that is none of ours is a fault of ours. */
export function faultOf(error: unknown): Fault {
  if (error instanceof VqganClipError || error instanceof Refusal) {
    const { code, message, hint } = error;
    return { code, title: titles[code], detail: withoutCall(message), ...(hint !== undefined && { hint }) };
  }
  const detail = error instanceof Error ? error.message : String(error);
  return { code: "UNEXPECTED", title: "Something went wrong inside", detail };
}

const titles: Readonly<Record<VqganClipError["code"] | Refusal["code"], string>> = {
  BAD_ARGUMENT: "A value cannot be used",
  BAD_FILE: "A file cannot be used",
  BAD_IMAGE: "A picture cannot be read",
  BAD_MODEL: "The models cannot do this",
  BAD_PROMPT: "A prompt cannot be used",
  DEVICE_UNAVAILABLE: "The engine does not run",
  IO_FAILED: "A file cannot be written or read",
  OUT_OF_LIMITS: "Too large",
  SHAPE_MISMATCH: "Sizes differ",
  ABORTED: "It was ended",
  NOT_FOUND: "Not found",
  CONFLICT: "Not now",
  TOO_MANY: "Too many at once",
  REUSED_KEY: "Another request was made by this name",
  NOT_ALLOWED: "Refused",
  LOST: "Somebody else has it now",
  STORAGE_FULL: "No room left",
  REFUSED_TEXT: "Not to be asked for here",
  NO_WORKER: "Nobody is there to do it",
};
