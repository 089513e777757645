/** Pictures as answers. */
import type { Context } from "hono";

const FOR_EVER = "private, max-age=31536000, immutable";

export function png(context: Context, bytes: Uint8Array): Response {
  return context.body(bytes as Uint8Array<ArrayBuffer>, 200, { "Content-Type": "image/png" });
}

/** What is behind its address never changes. */
export function webp(context: Context, bytes: Uint8Array): Response {
  const headers = { "Content-Type": "image/webp", "Cache-Control": FOR_EVER };
  return context.body(bytes as Uint8Array<ArrayBuffer>, 200, headers);
}
