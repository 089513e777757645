/** What the header of a model card (README.md) says. */

/** As much of a card is read; its header stands at the beginning. */
export const CARD_BYTES = 1 << 18;

const LICENCE_LENGTH = 120;

/** The licence that a card names, fit for a terminal; undefined when it names none. */
export function cardLicence(card: string): string | undefined {
  const lines = card.split("\n").map((line) => line.trimEnd());
  const begin = lines.indexOf("---");
  const end = begin < 0 ? -1 : lines.indexOf("---", begin + 1);
  const header = end < 0 ? [] : lines.slice(begin + 1, end);
  const said = (...keys: string[]) => {
    const line = header.find((text) => keys.some((key) => text.startsWith(`${key}:`))) ?? "";
    return licenceLine(unquoted(line.slice(line.indexOf(":") + 1).trim()));
  };
  const licence = said("license", "licence");
  return licence === "other" ? (said("license_name") ?? licence) : licence;
}

/** A licence in one short line without control characters; undefined when nothing is left. */
export function licenceLine(text: string): string | undefined {
  const line = text
    .slice(0, 4 * LICENCE_LENGTH)
    .replace(/\p{C}+/gu, " ")
    .trim();
  return (line.length > LICENCE_LENGTH ? `${line.slice(0, LICENCE_LENGTH)}...` : line) || undefined;
}

function unquoted(text: string): string {
  const quote = text[0];
  return (quote === '"' || quote === "'") && text.endsWith(quote) ? text.slice(1, -1) : text;
}
