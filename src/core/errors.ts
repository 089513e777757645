/** The one error type that users meet: a stable code, what is wrong, and what would work. */
import { escapedText } from "./escape.js";

/** What kind of fault it is: stable, for programs. */
export type ErrorCode =
  | "BAD_ARGUMENT"
  | "BAD_FILE"
  | "BAD_IMAGE"
  | "BAD_MODEL"
  | "BAD_PROMPT"
  | "DEVICE_UNAVAILABLE"
  | "IO_FAILED"
  | "OUT_OF_LIMITS"
  | "SHAPE_MISMATCH"
  | "ABORTED";

/**
 * An error meant to be read: `message` says function, requirement and what came; `hint` says what would work.
 *
 * @example throw new VqganClipError("BAD_ARGUMENT", "matmul(): inner dimensions differ, got 3 and 4", "transpose one side");
 */
export class VqganClipError extends Error {
  override readonly name = "VqganClipError";

  /** What would work. */
  readonly hint: string | undefined;

  constructor(
    /** Stable: for programs. */
    readonly code: ErrorCode,
    message: string,
    hint?: string,
    options?: ErrorOptions,
  ) {
    super(clipped(escapedText(message)), options);
    this.hint = hint === undefined ? undefined : clipped(escapedText(hint));
  }
}

const MESSAGE_LIMIT = 2000;

/** Names out of foreign files may be as long as the file, and longer when escaped: the middle of a long message goes. */
function clipped(message: string): string {
  if (message.length <= MESSAGE_LIMIT) return message;
  const kept = MESSAGE_LIMIT / 2 - 3;
  return `${message.slice(0, kept)} ... ${message.slice(-kept)}`;
}

/** A message without the function that leads it, for people who did not call it: "resume(): ..." as "...". */
export function withoutCall(message: string): string {
  return message.replace(/^\w+(\.\w+)?\(\): /, "");
}

/** Throws a `VqganClipError` unless `condition` holds. The message is built only when needed. */
export function requires(condition: unknown, code: ErrorCode, message: () => string, hint?: string): asserts condition {
  if (!condition) throw new VqganClipError(code, message(), hint);
}
