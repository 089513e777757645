/** How work ends that a signal stops on the way. */
import { VqganClipError } from "./errors.js";

/** For work in steps. */
export interface Abortable {
  /** Stops the work between two steps; nothing that is done is lost (default: nothing stops it). */
  readonly signal?: AbortSignal;
  /** How stopped work ends: `reject` throws ABORTED, as `fetch` does, `return` ends as if it were done (default "reject"). */
  readonly whenAborted?: "reject" | "return";
}

/** Says that work was stopped, unless its caller wants to hear nothing. @throws ABORTED */
export function tellAborted(where: string, { signal, whenAborted = "reject" }: Abortable, hint: string): void {
  if (whenAborted === "return") return;
  throw new VqganClipError("ABORTED", `${where}: stopped before its end`, hint, { cause: signal?.reason });
}
