/** What a server tells of its requests, and how often keys may ask. */
import { Hono, type MiddlewareHandler } from "hono";
import { expect, test } from "vitest";
import type { Caller } from "../keys.js";
import { type AuditEntry, audited } from "./audit.js";
import type { Env } from "./guard.js";
import { problemOf } from "./problem.js";
import { rateLimited } from "./rate.js";

/** An app whose callers say who they are. */
function appWith(...[before, ...behind]: readonly MiddlewareHandler<Env>[]) {
  const app = new Hono<Env>();
  app.onError((error, context) => problemOf(context, error));
  if (before) app.use(before);
  app.use(async (context, next) => {
    const owner = context.req.header("owner");
    if (owner === "nobody") return context.body(null, 401);
    context.set("caller", { scopes: ["read"], ...(owner !== undefined && { owner }) } satisfies Caller);
    return next();
  });
  for (const handler of behind) app.use(handler);
  app.get("/v1/info", (context) => context.body(null, 204));
  return (owner?: string, path = "/v1/info") => app.request(path, owner === undefined ? {} : { headers: { owner } });
}

test("each answer is told: who asked, what for, with which status; nothing behind a question mark", async () => {
  const told: AuditEntry[] = [];
  const ask = appWith(audited((entry) => told.push(entry)));
  await ask();
  await ask("alice", "/v1/info?secret=1");
  await ask("nobody", "/v1/else");
  expect(told.map(({ time: _, ...rest }) => rest)).toEqual([
    { caller: "launch", method: "GET", path: "/v1/info", status: 204 },
    { caller: "key", key: "alice", method: "GET", path: "/v1/info", status: 204 },
    { caller: "stranger", method: "GET", path: "/v1/else", status: 401 },
  ]);
  for (const { time } of told) expect(new Date(time).toISOString()).toBe(time);
});

test("a key asks so often at once, then as fast as its share comes back; others and the launch's token are not held up", async () => {
  let now = 0;
  const told: number[] = [];
  const ask = appWith(
    audited(({ status }) => told.push(status)),
    rateLimited(2, () => now),
  );
  const statusOf = async (owner?: string) => (await ask(owner)).status;
  expect([await statusOf("alice"), await statusOf("alice")]).toEqual([204, 204]);
  const refused = await ask("alice");
  expect([refused.status, refused.headers.get("Retry-After")]).toEqual([429, "30"]);
  expect(await refused.json()).toMatchObject({ code: "TOO_MANY", detail: "alice may ask 2 times a minute" });
  expect(told).toEqual([204, 204, 429]);
  expect([await statusOf("bob"), await statusOf(), await statusOf(), await statusOf()]).toEqual([204, 204, 204, 204]);
  now = 29_000;
  expect((await ask("alice")).headers.get("Retry-After")).toBe("1");
  now = 30_000;
  expect([await statusOf("alice"), await statusOf("alice")]).toEqual([204, 429]);
  now = 10_000_000; // what was not used does not pile up
  expect([await statusOf("alice"), await statusOf("alice"), await statusOf("alice")]).toEqual([204, 204, 429]);
});
