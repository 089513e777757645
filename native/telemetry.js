/** The engine's telemetry: off in this process, and whatever it starts, from this call on. Workers have to be told before they are made. */
import { isMainThread } from "node:worker_threads";

// The engine reads it from the process when its first session is made. A worker's `process.env` is a copy that the
// process never sees, so there it is left as it came: what it says is then true (see `nodePlatform`).
export function switchTelemetryOff() {
  if (isMainThread) process.env.ORT_DISABLE_TELEMETRY = "1";
}
