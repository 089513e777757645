/** Who asked for what and how it was answered, for those who run a server. */
import type { MiddlewareHandler } from "hono";
import { faultOf } from "../faults.js";
import type { Env } from "./guard.js";

/** One request: no tokens, no bodies, nothing behind a question mark. */
export interface AuditEntry {
  /** When it was answered, ISO 8601. */
  readonly time: string;
  /** The launch's token, a key, or neither. */
  readonly caller: "launch" | "key" | "stranger";
  /** The key's name. */
  readonly key?: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Why it was refused, where the service did so. */
  readonly code?: string;
}

export function audited(write: (entry: AuditEntry) => void): MiddlewareHandler<Env> {
  return async (context, next) => {
    await next();
    const caller = context.get("caller") as Env["Variables"]["caller"] | undefined;
    const { method, path } = context.req;
    write({
      time: new Date().toISOString(),
      caller: caller === undefined ? "stranger" : caller.owner === undefined ? "launch" : "key",
      ...(caller?.owner !== undefined && { key: caller.owner }),
      method,
      path,
      status: context.res.status,
      ...(context.error && { code: faultOf(context.error).code }),
    });
  };
}
