/** Files that are not what their name says: what browsers, git and broken downloads leave in place of a model's. */
import { requires } from "./errors.js";

const marks: readonly (readonly [begins: RegExp, is: string, hint: string])[] = [
  [
    /^<(!doctype|html|head|script|\?xml)/i,
    "a web page",
    "a server gave it in place of the file (a sign-in, or not found): fetch it again",
  ],
  [/^version https?:\/\/git-lfs/, "a Git LFS pointer", "git left it in place of the file: git lfs pull"],
];

/** Bytes that suffice to tell. */
export const HEAD_BYTES = 512;

/** Throws BAD_FILE when the first bytes of a file give away that it is a web page or a pointer, or when there are none. */
export function requireNotMistaken(name: string, head: Uint8Array): void {
  requires(head.length > 0, "BAD_FILE", () => `${name} is empty`, "fetch or copy it again");
  const text = new TextDecoder().decode(head.subarray(0, HEAD_BYTES)).trimStart();
  for (const [begins, is, hint] of marks) {
    requires(!begins.test(text), "BAD_FILE", () => `${name} is ${is}, not the file`, hint);
  }
}
