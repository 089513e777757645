/** Values of foreign files in messages: short, on one line, never spelled out in depth. */

const TEXT = 80;
const ITEMS = 8;

/** JSON of a value, and numbers that JSON has not, such as NaN; long texts and lists are cut, and what lies deeper than `depth` is left out. */
export function shown(value: unknown, depth = 2): string {
  if (typeof value === "string") return JSON.stringify(value.length > TEXT ? `${value.slice(0, TEXT)}...` : value);
  if (typeof value === "bigint") return shown(String(value)).slice(1, -1);
  if (typeof value === "number") return String(value); // JSON makes null of NaN
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? typeof value;
  const most = depth > 0 ? ITEMS : 0;
  const cut = (items: readonly string[], count: number) => [...items, ...(count > most ? ["..."] : [])].join(",");
  if (Array.isArray(value)) {
    const items = value.slice(0, most).map((item) => shown(item, depth - 1));
    return `[${cut(items, value.length)}]`;
  }
  const fields = Object.entries(value);
  const items = fields.slice(0, most).map(([key, item]) => `${shown(key)}:${shown(item, depth - 1)}`);
  return `{${cut(items, fields.length)}}`;
}
