/** What only a service refuses, beside the package's own errors: what is not there, and what cannot be done now. */

export type RefusalCode = "NOT_FOUND" | "CONFLICT";

export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly code: RefusalCode,
    message: string,
    /** What would work. */
    readonly hint?: string,
  ) {
    super(message);
  }
}
