/** What the header of a model card (README.md) says. */

/** No card is longer. */
export const MAX_CARD_BYTES = 1 << 20;

/** The licence that a card names; undefined when it names none. */
export function cardLicence(card: string): string | undefined {
  const [, header = ""] = /^---\r?\n([\s\S]*?)^---\s*$/m.exec(card) ?? [];
  const said = (key: string) => new RegExp(`^${key}:[^\\S\\n]*["']?(.+?)["']?[^\\S\\n]*\\r?$`, "m").exec(header)?.[1];
  const licence = said("licen[sc]e");
  return licence === "other" ? (said("license_name") ?? licence) : licence;
}
