import { expect, test } from "vitest";
import { decodeText } from "./text.js";

const text = '{"ö": "\u{1f34e}"}';
const little = Buffer.from(text, "utf16le");
const big = Buffer.from(little).swap16();

test.each<[string, Uint8Array]>([
  ["UTF-8", Buffer.from(text)],
  ["UTF-8 with its mark", Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), Buffer.from(text)])],
  ["UTF-16 of small end first", Buffer.concat([Buffer.of(0xff, 0xfe), little])],
  ["UTF-16 of big end first", Buffer.concat([Buffer.of(0xfe, 0xff), big])],
])("%s is read", (_, bytes) => expect(decodeText(bytes, "a.json")).toBe(text));

test.each<[string, Uint8Array, string]>([
  ["Latin-1", Buffer.from("caf\xe9", "latin1"), "a.json: not text in UTF-8, nor in UTF-16 with its mark"],
  ["half a character of UTF-16", Buffer.of(0xff, 0xfe, 0x00, 0xd8), "a.json: not text in UTF-8, nor in UTF-16 with its mark"],
  ["UTF-16 without its mark", Buffer.from("[1]", "utf16le"), "a.json: not text in UTF-8: it holds bytes of value 0"],
  ["UTF-32", Buffer.of(0xff, 0xfe, 0, 0, 0x5b, 0, 0, 0), "a.json: not text in UTF-8: it holds bytes of value 0"],
])("%s is refused", (_, bytes, message) => expect(() => decodeText(bytes, "a.json")).toThrow(message)); // biome-ignore format: a table
