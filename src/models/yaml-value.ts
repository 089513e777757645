/** The value of a foreign yaml, as PyYAML reads it (YAML 1.1: `no` is false), in time that grows with its length. */
import { requires } from "../core/errors.js";
import { shown } from "../core/shown.js";

/** Configurations have a few thousand characters. */
const MAX_LENGTH = 2 ** 17;

/** @throws Error of the library, or BAD_MODEL, when it is no yaml or too large */
export async function yamlValue(text: string): Promise<unknown> {
  requires(text.length <= MAX_LENGTH, "BAD_MODEL", () => `${text.length} characters, the limit is ${MAX_LENGTH}`);
  const { isScalar, parseDocument, visit } = await import("yaml"); // 72 files that models of other kinds need not
  // The library's own search for a key that comes twice compares each with all others.
  const document = parseDocument(text, { version: "1.1", uniqueKeys: false, logLevel: "error" });
  const [error] = document.errors;
  if (error) throw error;
  visit(document, {
    Map: (_, { items }) => {
      const keys = new Set<unknown>();
      for (const { key } of items) {
        const name = isScalar(key) ? key.value : key;
        requires(!keys.has(name), "BAD_MODEL", () => `the key ${shown(name)} comes twice`);
        keys.add(name);
      }
    },
  });
  return document.toJS();
}
