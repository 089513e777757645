/** A page whose worker times steps. */
import { type Remote, wrap } from "comlink";
import type { Bench } from "./worker.js";

declare global {
  interface Window {
    bench: Remote<Bench>;
  }
}

window.bench = wrap<Bench>(new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }));
