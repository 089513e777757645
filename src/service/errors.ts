/** What only a service refuses, beside the package's own errors: what is not there, not now, not so often, not to you. */

export type RefusalCode =
  | "NOT_FOUND"
  | "CONFLICT"
  | "TOO_MANY"
  | "REUSED_KEY"
  | "LOST"
  | "NOT_ALLOWED"
  | "NO_WORKER"
  | "STORAGE_FULL"
  | "REFUSED_TEXT";

export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly code: RefusalCode,
    message: string,
    /** What would work. */
    readonly hint?: string,
    /** Seconds after which to ask again. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}
