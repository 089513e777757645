/** Bytes: amounts of them in words, and many of them told apart. */

/** `6.9 GB`, of 10^9 bytes. */
export function gigabytes(bytes: number, round = Math.round): string {
  return `${(round(bytes / 1e8) / 10).toFixed(1)} GB`;
}

/** SHA-256 in lower-case hexadecimal. */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
