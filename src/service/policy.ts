/** What those who run a server do not want to be asked for: patterns that no text of a request may match. */
import { VqganClipError } from "../core/errors.js";
import { Refusal } from "./errors.js";

export class Policy {
  private constructor(private readonly patterns: readonly RegExp[]) {}

  /**
   * @param text a regular expression a line, whatever its case; empty lines and those that begin with # are none
   * @param name of the file
   * @throws BAD_FILE naming the line
   */
  static parse(text: string, name = "policy"): Policy {
    const patterns: RegExp[] = [];
    for (const [i, line] of text.split("\n").entries()) {
      const pattern = line.trim();
      if (pattern === "" || pattern.startsWith("#")) continue;
      try {
        patterns.push(new RegExp(pattern, "iu"));
      } catch (cause) {
        const what = `${name}: line ${i + 1}: ${(cause as Error).message}`;
        throw new VqganClipError("BAD_FILE", what, "a word stands for itself, \\bword\\b for the whole word", {
          cause,
        });
      }
    }
    return new Policy(patterns);
  }

  /** Reads every text of a request, wherever it stands, but no pictures. @throws REFUSED_TEXT */
  require(request: unknown): void {
    const left = [request]; // no recursion: whoever asks decides how deep it goes
    for (let part = left.pop(); part !== undefined || left.length > 0; part = left.pop()) {
      if (typeof part === "string" && !part.startsWith("data:")) this.requireText(part);
      else if (typeof part === "object" && part !== null)
        for (const [key, value] of Object.entries(part)) left.push(key, value);
    }
  }

  private requireText(text: string): void {
    const read = plain(text);
    const found = this.patterns.map((pattern) => pattern.exec(read)?.[0]).find((words) => words !== undefined);
    if (found === undefined) return;
    throw new Refusal(
      "REFUSED_TEXT",
      `this server is not to be asked for ${JSON.stringify(found)}`,
      "ask for something else",
    );
  }
}

/** As it is read: look-alike forms of letters as the usual ones, nothing invisible, one blank between words. */
const plain = (text: string): string =>
  text
    .normalize("NFKC")
    .replace(/\p{Cf}/gu, "")
    .replace(/\s+/g, " ");
