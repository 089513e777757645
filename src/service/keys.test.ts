import { expect, test } from "vitest";
import { Keys, newKey } from "./keys.js";

test("a file of keys knows whose a key is, and holds none", () => {
  const alice = newKey({ name: "alice", scopes: ["read", "write"], maxSessions: 2 });
  const bob = newKey({ name: "bob", scopes: ["read"] });
  const text = `${alice.line}\n\n${bob.line}\n`;
  expect(text).not.toContain(alice.secret);
  const keys = Keys.parse(text);
  expect(keys.callerOf(alice.secret)).toEqual({ owner: "alice", scopes: ["read", "write"] });
  expect(keys.callerOf(bob.secret)).toEqual({ owner: "bob", scopes: ["read"] });
  expect(keys.named("alice")).toMatchObject({ maxSessions: 2, maxPriority: "normal" });
  for (const nobody of ["", "x", alice.secret.slice(1), JSON.parse(alice.line).sha256]) {
    expect(keys.callerOf(nobody)).toBeUndefined();
  }
  expect(newKey({ name: "alice", scopes: ["read"] }).secret).not.toBe(alice.secret);
});

test("lines that are none are refused by their number", () => {
  const { line } = newKey({ name: "alice", scopes: ["read"] });
  expect(() => Keys.parse(`${line}\n{`, "keys.jsonl")).toThrow("keys.jsonl: line 2: it is not JSON");
  expect(() => Keys.parse(`${line}\n${line}`)).toThrow("line 2: alice is there already");
  expect(() => Keys.parse('{"name":"a","sha256":"12","scopes":["read"]}')).toThrow("sha256: expected 64");
  expect(() => Keys.parse(line.replace('"read"', '"root"'))).toThrow("scopes.0: expected one of read, write");
  expect(() => newKey({ name: "a b", scopes: ["read"] })).toThrow("name: expected up to 64 letters");
});
