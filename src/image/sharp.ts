/** The library that reads and writes pictures other than PNG: loaded with the first of them, as it is large. */
import type sharp from "sharp";

export async function loadSharp(): Promise<typeof sharp> {
  return (await import("sharp")).default;
}
