/** Events to one reader: the whole state first, then what it missed, then what happens. */
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { EventLog, LoggedEvent } from "../event-log.js";

const HEARTBEAT = 15_000;
/** A reader that is so far behind comes back by `Last-Event-ID`. */
const MOST_UNREAD = 1000;

/** @param state what all of it is now */
export function streamEvents(context: Context, log: EventLog, state: () => unknown): Response {
  const lastId = Number(context.req.header("last-event-id") ?? Number.NaN);
  context.header("X-Accel-Buffering", "no");
  return streamSSE(context, async (stream) => {
    const unread: LoggedEvent[] = [];
    let wake = (): void => {};
    const end = log.subscribe((event) => {
      unread.push(event);
      wake();
    });
    stream.onAbort(() => {
      end();
      wake();
    });
    try {
      if (Number.isFinite(lastId)) unread.push(...log.after(lastId));
      // Without an id of its own where older ones follow: a reader that breaks off here misses none of them.
      const id = Number.isFinite(lastId) ? {} : { id: String(log.lastId) };
      await stream.writeSSE({ event: "state", data: JSON.stringify(state()), ...id });
      while (!stream.aborted && unread.length < MOST_UNREAD + 1) {
        for (let event = unread.shift(); event; event = unread.shift()) {
          await stream.writeSSE({ id: String(event.id), event: event.type, data: JSON.stringify(event.data) });
        }
        const timer = await quiet(
          () => unread.length > 0 || stream.aborted,
          (done) => {
            wake = done;
          },
        );
        if (timer === "beat") await stream.write(": alive\n\n");
      }
    } finally {
      end();
    }
  });
}

/** Until there is something to say, or it has been silent for long. */
function quiet(isDone: () => boolean, onWake: (done: () => void) => void): Promise<"woken" | "beat"> {
  if (isDone()) return Promise.resolve("woken");
  return new Promise((done) => {
    const beat = setTimeout(() => done("beat"), HEARTBEAT);
    onWake(() => {
      clearTimeout(beat);
      done("woken");
    });
  });
}
