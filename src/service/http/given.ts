/** Addresses of pictures for others: whoever has one needs no token, for as long as it says. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { type Context, Hono } from "hono";
import * as z from "zod";
import { Refusal } from "../errors.js";
import type { Studio } from "../studio.js";
import { png } from "./media.js";

const DAY = 86_400;

export const givingSchema = z.strictObject({
  seconds: z
    .int()
    .min(1)
    .max(30 * DAY)
    .optional()
    .describe("for which it is answered (default: a day)"),
});

export const givenSchema = z.object({
  url: z.string().describe("an address of this server, which needs no token"),
  until: z.string().describe("when it ends"),
});

/** Signs addresses by the launch's token: those of another launch, and those that somebody has altered, are none. */
export class Giving {
  /** @param now milliseconds since 1970 */
  constructor(
    private readonly token: string,
    private readonly now: () => number = Date.now,
  ) {}

  /** Of a session's picture. */
  give(id: string, { seconds = DAY }: z.output<typeof givingSchema>): z.output<typeof givenSchema> {
    const until = Math.floor(this.now() / 1000) + seconds;
    const url = `/given/${id}/picture.png?until=${until}&mark=${this.mark(id, until)}`;
    return { url, until: new Date(1000 * until).toISOString() };
  }

  /** @throws NOT_FOUND when it was not given, or its time is over */
  require(id: string, until: string | undefined, mark: string | undefined): void {
    const expected = Buffer.from(this.mark(id, Number(until)));
    const came = Buffer.from(mark ?? "");
    const isGiven = came.length === expected.length && timingSafeEqual(came, expected);
    if (!isGiven || this.now() >= 1000 * Number(until)) {
      throw new Refusal("NOT_FOUND", "the address is none that was given, or its time is over", "ask for another one");
    }
  }

  private mark(id: string, until: number): string {
    return createHmac("sha256", this.token).update(`picture of ${id} until ${until}`).digest("base64url");
  }
}

export function givenRoutes(studio: Studio, giving: Giving): Hono {
  const app = new Hono();
  app.get("/:id/picture.png", async (context: Context) => {
    const id = context.req.param("id") as string;
    giving.require(id, context.req.query("until"), context.req.query("mark"));
    context.header("Cache-Control", "no-store");
    return png(context, await studio.pictures.picture(id));
  });
  return app;
}
