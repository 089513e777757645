/** Server-sent events that come back by themselves: after a lost connection, an answer that was no stream, or sleep. */

export interface Listener {
  /** Called with each event's name, its JSON, and its id, which rises; after a lost connection, older ones come again. */
  readonly onEvent: (name: string, data: unknown, id: number) => void;
  readonly onOpen: () => void;
  readonly onLost: () => void;
}

const NAMES = ["state", "session", "deleted", "step", "preview", "notice"] as const;
const RETRY_MS = [500, 1000, 2000, 4000, 8000];

/**
 * Listens until the function that is returned is called. The browser itself reconnects with `Last-Event-ID`; where it
 * gives up, a new stream begins, whose first event is the full state. A hidden page lets go of its stream: browsers
 * allow few connections to one host, and many tabs would use them up.
 */
export function listen(address: string, { onEvent, onOpen, onLost }: Listener): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let tries = 0;

  function close() {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  }
  function open() {
    close();
    if (document.hidden) return;
    const stream = new EventSource(address);
    source = stream;
    stream.onopen = () => {
      tries = 0;
      onOpen();
    };
    stream.onerror = (event) => {
      if (event instanceof MessageEvent) return; // the service's own `error`
      onLost();
      if (stream.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(open, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
    };
    const hear = (name: string, { data, lastEventId }: MessageEvent) =>
      onEvent(name, JSON.parse(data), Number(lastEventId));
    for (const name of NAMES) stream.addEventListener(name, (event) => hear(name, event));
    // Told by the service, an `error` has data; the connection's own has none.
    stream.addEventListener("error", (event) => {
      if (event instanceof MessageEvent) hear("problem", event);
    });
  }
  document.addEventListener("visibilitychange", open);
  window.addEventListener("online", open);
  window.addEventListener("offline", onLost);
  open();
  return () => {
    document.removeEventListener("visibilitychange", open);
    window.removeEventListener("online", open);
    window.removeEventListener("offline", onLost);
    close();
  };
}
