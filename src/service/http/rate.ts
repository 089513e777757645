/** How often a key may ask: so often at once, and so often a minute on the whole (a token bucket). The launch's token may always. */
import type { MiddlewareHandler } from "hono";
import { Refusal } from "../errors.js";
import type { Env } from "./guard.js";

const MINUTE = 60_000;

interface Bucket {
  left: number;
  /** When that was so, in ms. */
  at: number;
}

/**
 * @param perMinute requests of a key, 1 and more
 * @throws TOO_MANY from the request on that is one too many, with the seconds after which one more is answered
 */
export function rateLimited(perMinute: number, now: () => number = Date.now): MiddlewareHandler<Env> {
  const buckets = new Map<string, Bucket>(); // as many as there are keys
  return async (context, next) => {
    const { owner } = context.get("caller");
    if (owner === undefined) return next();
    const time = now();
    const { left, at } = buckets.get(owner) ?? { left: perMinute, at: time };
    const filled = Math.min(perMinute, left + ((time - at) * perMinute) / MINUTE);
    buckets.set(owner, { left: filled < 1 ? filled : filled - 1, at: time });
    if (filled >= 1) return next();
    const seconds = Math.ceil(((1 - filled) * 60) / perMinute);
    throw new Refusal("TOO_MANY", `${owner} may ask ${perMinute} times a minute`, "ask less often", seconds);
  };
}
