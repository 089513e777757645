/** What the two sides of an engine in another process say to each other. Arrays travel as plain objects. */
import type { ErrorCode } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import type { Device } from "../runtime/devices.js";
import type { Feeds, OpenSession, ProgramModel, SessionRequest } from "../runtime/engine.js";

/** A session's request with the models of all devices that may be tried. */
export interface SentRequest extends Omit<SessionRequest, "modelFor"> {
  readonly models: ReadonlyMap<Device, ProgramModel>;
}

/** What is asked; sessions are told by numbers that the asking side gives them. */
export type Call =
  | { readonly kind: "open"; readonly session: number; readonly request: SentRequest }
  | { readonly kind: "run"; readonly session: number; readonly feeds: Feeds }
  | { readonly kind: "release"; readonly session: number };

/** What each kind of call is answered with. */
export interface Results {
  readonly open: Pick<OpenSession, "device" | "refused">;
  readonly run: Record<string, NDArray>;
  readonly release: undefined;
}

export type Question = { readonly id: number } & Call;

export type Answer = { readonly id: number } & (
  | { readonly result: Results[keyof Results] }
  | { readonly error: { readonly code?: ErrorCode; readonly message: string; readonly hint?: string | undefined } }
);

/** Arrays as they were before they travelled. */
export function revived(arrays: Feeds): Record<string, NDArray> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { dtype, shape, data }]) => [name, new NDArray(dtype, shape, data)]),
  );
}
