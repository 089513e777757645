/** Amounts of memory, in words. */

/** `6.9 GB`, of 10^9 bytes. */
export function gigabytes(bytes: number, round = Math.round): string {
  return `${(round(bytes / 1e8) / 10).toFixed(1)} GB`;
}
